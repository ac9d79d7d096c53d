/**
 * Who owns which buffers, where buffers change hands by the chain: a reducer that knows which buffers a chain has, so
 * that `publish chain 3` becomes one event of the slot statechart for each of them. The checker's ledger of chains does the
 * same in its words; this one is written apart from it.
 */
import type { ChainAction, SlotAction } from 'vqcheck/impl';

/** A buffer of a chain. */
export type ChainPiece = { readonly address: number; readonly length: number };

/** The chains of all queues, by `queue:head`. */
export type ChainState = Readonly<
  Record<string, { readonly published: boolean; readonly pieces: readonly ChainPiece[] }>
>;

/** No chain at all. */
export const noChains: ChainState = {};

/**
 * What an action comes to. A chain of which nothing is known (a wrong id) has no buffers: no event, and the others tell.
 */
export function resolveChain(
  state: ChainState,
  action: ChainAction,
): { readonly state: ChainState; readonly actions: readonly SlotAction[] } {
  if (action.kind === 'slot') {
    const { event, address, length } = action;
    return { state, actions: [length === undefined ? { event, address } : { event, address, length }] };
  }
  const key = `${action.queue}:${action.head}`;
  const chain = Object.hasOwn(state, key) ? state[key] : undefined;
  switch (action.kind) {
    case 'append': {
      const piece = { address: action.address, length: action.length };
      const before = chain ?? { published: false, pieces: [] };
      return {
        state: { ...state, [key]: { ...before, pieces: [...before.pieces, piece] } },
        actions: before.published ? [{ event: 'publish', ...piece }] : [],
      };
    }
    case 'discard':
      return { state: without(state, key), actions: [] };
    case 'chain': {
      const { event } = action;
      if (chain === undefined) return { state, actions: [] };
      const actions = chain.pieces.map(({ address, length }) =>
        event === 'publish' || event === 'take' ? { event, address, length } : { event, address },
      );
      if (event === 'collect') return { state: without(state, key), actions };
      return event === 'publish'
        ? { state: { ...state, [key]: { ...chain, published: true } }, actions }
        : { state, actions };
    }
    default:
      return unreachable(action);
  }
}

function without(state: ChainState, key: string): ChainState {
  return Object.fromEntries(Object.entries(state).filter(([other]) => other !== key));
}

function unreachable(action: never): never {
  throw new TypeError(`no such action: ${JSON.stringify(action)}`);
}
