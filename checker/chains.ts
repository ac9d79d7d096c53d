/** Names of chains as numbers: for the ledger, and for who gives one away. */
import type { Actions, ChainAction } from './system.ts';

/** Heads are descriptors' numbers, of 16 bits. */
const HEADS = 0x1_0000;

/** The chain with this head, as a number from 0; -1 for a head that is no descriptor's number. */
export function chainKey(queue: number, head: number | null): number {
  return head !== null && Number.isInteger(head) && head >= 0 && head < HEADS ? queue * HEADS + head : -1;
}

/** Queue of the chain with this number. */
export function queueOfChain(key: number): number {
  return Math.floor(key / HEADS);
}

/** A chain among the addresses (from 0) of what is given away. */
export function givenChain(key: number): number {
  return -2 - key;
}

/** What a call gives away: addresses and chains. */
export function givenBy(actions: Actions): readonly number[] {
  if (actions === null) return [];
  if ('event' in actions) return actions.address < 0 ? [] : [actions.address];
  return actions.flatMap((action) => {
    if (action.kind === 'slot') return [action.address];
    return action.kind === 'chain' ? [givenChain(chainKey(action.queue, action.head))] : [];
  });
}

/** Whether it moves ownership by itself: an append does so only to what was published too early, and then with it. */
export function isMove({ kind }: ChainAction): boolean {
  return kind === 'slot' || kind === 'chain';
}
