/**
 * Random programs that move buffers, and a second opinion on the orders in which these moves can be seen: agents as
 * lists of steps, put together as the decision on ownership says, and every way in which the lists interleave.
 */
import fc from 'fast-check';
import { check, type Program, program, STOP } from 'vqcheck/checker';
import { locationAt, type MemoryPort } from 'vqcheck/memory';
import { reducerProperty } from 'vqcheck/properties';
import { move, once, tiny, x, y } from './support.ts';

/** Moves told at an operation's call, and at its return; what happens inside of it comes between. */
type MoveName = 'reserve' | 'take' | 'publish' | 'release';

export type Doing =
  | { readonly kind: 'load' | 'store' | 'private' }
  | { readonly kind: 'move'; readonly name: MoveName; readonly slot: 0 | 1; readonly body: readonly Doing[] };

/** For each agent, what it does in each turn. */
export type MovingProgram = readonly (readonly (readonly Doing[])[])[];

const plain: fc.Arbitrary<Doing> = fc.record({
  kind: fc.constantFrom('load' as const, 'load' as const, 'store' as const, 'private' as const),
});

function moveAround(body: fc.Arbitrary<Doing>, most: number): fc.Arbitrary<Doing> {
  return fc.record({
    kind: fc.constant('move' as const),
    name: fc.constantFrom<MoveName[]>('reserve', 'take', 'publish', 'release'),
    slot: fc.constantFrom(0 as const, 1 as const),
    body: fc.array(body, { maxLength: most, size: 'max' }),
  });
}

const nested = moveAround(plain, 1);
const doing = fc.oneof(
  { weight: 2, arbitrary: plain },
  { weight: 5, arbitrary: moveAround(plain, 2) },
  { weight: 1, arbitrary: moveAround(nested, 1) },
);

/** Two agents of one to three turns, each of up to three things, of which most move a buffer. */
export const movingPrograms: fc.Arbitrary<MovingProgram> = fc.noBias(
  fc.array(
    fc.array(fc.array(doing, { maxLength: 3, size: 'max' }), { minLength: 1, maxLength: 3, size: 'max' }),
    { minLength: 2, maxLength: 2, size: 'max' },
  ),
);

/** A word for each agent alone: no step. */
const PRIVATE = [locationAt('shared', 16, 32), locationAt('shared', 20, 32)];

const CALLS: readonly MoveName[] = ['publish', 'release'];

/** What can be seen of one thing, in its order: accesses, and moves as `name slot`. A private access is not. */
type Seen = { readonly what: 'access' | 'call' | 'return'; readonly text: string };

function seenOf(doings: readonly Doing[], agent: number): Seen[] {
  return doings.flatMap((item): Seen[] => {
    if (item.kind === 'private') return [];
    if (item.kind !== 'move') return [{ what: 'access', text: `${agent} ${item.kind}` }];
    const text = `${agent} ${item.name} ${item.slot}`;
    const inside = seenOf(item.body, agent);
    return CALLS.includes(item.name)
      ? [{ what: 'call', text }, ...inside]
      : [...inside, { what: 'return', text }];
  });
}

/** The rules as they are defined; and wrong ones, to see that the comparison would notice them. */
export const WRONG_MOVES = [
  'a return after a call waits for the next access',
  'a call belongs to the step before',
  'a return makes a step of its own',
  'two moves share a step',
  'a call waits beyond the end of its turn',
] as const;
export type MoveRules = 'defined' | (typeof WRONG_MOVES)[number];

/**
 * An agent's steps, each with what is seen in it. A call belongs to the next access of its turn, a return to the one
 * before; where there is none, or another move would share it without an access between the two, a step of its own.
 */
function stepsOf(turns: readonly (readonly Doing[])[], agent: number, rules: MoveRules): string[][] {
  const steps: string[][] = [];
  let called: string | null = null;
  /** Nothing may be added to the last step: it ends with a move, or there is none. */
  let closed = true;
  const settle = (): void => {
    if (called === null) return;
    steps.push([called]);
    called = null;
    closed = true;
  };
  for (const turn of turns) {
    for (const { what, text } of seenOf(turn, agent)) {
      if (what === 'access') {
        steps.push(called === null ? [text] : [called, text]);
        called = null;
        closed = false;
      } else if (what === 'call' && rules !== 'a call belongs to the step before') {
        if (rules !== 'two moves share a step') settle();
        called = called === null ? text : `${called}, ${text}`;
      } else if (called !== null && rules === 'a return after a call waits for the next access') {
        settle();
        called = text;
      } else {
        settle();
        if (closed || rules === 'a return makes a step of its own') steps.push([text]);
        else steps[steps.length - 1]?.push(text);
        closed = rules !== 'two moves share a step';
      }
    }
    if (rules !== 'a call waits beyond the end of its turn') settle();
  }
  settle();
  return steps;
}

/** Every order in which accesses and moves can be seen; or only the moves. */
export function naiveOrders(
  random: MovingProgram,
  movesOnly: boolean,
  rules: MoveRules = 'defined',
): Set<string> {
  const steps = random.map((turns, agent) => stepsOf(turns, agent, rules));
  const orders = new Set<string>();
  const visit = (at: readonly number[], seen: readonly string[]): void => {
    let ended = true;
    for (const [agent, index] of at.entries()) {
      const step = steps[agent]?.[index];
      if (step === undefined) continue;
      ended = false;
      visit(at.with(agent, index + 1), [...seen, ...step.filter((text) => !movesOnly || isMove(text))]);
    }
    if (ended) orders.add(seen.join(', '));
  };
  visit(
    random.map(() => 0),
    [],
  );
  return orders;
}

function isMove(text: string): boolean {
  return text.split(' ').length === 3;
}

function act(port: MemoryPort, agent: number, doings: readonly Doing[]): void {
  for (const item of doings) {
    switch (item.kind) {
      case 'load':
        port.load(x, 'relaxed');
        break;
      case 'store':
        port.store(y, 1, 'relaxed');
        break;
      case 'private':
        port.rmw(PRIVATE[agent] ?? x, 'add', 1, 'relaxed');
        break;
      case 'move':
        move(port, item.name, item.slot, () => act(port, agent, item.body));
        break;
    }
  }
}

function adapted(turns: readonly (readonly Doing[])[], agent: number): Program {
  return program<number>(0, (port) => (turn) => {
    act(port, agent, turns[turn] ?? []);
    return turn + 1 === turns.length ? STOP : turn + 1;
  });
}

/** Every such order that the engine shows to a monitor. */
export function engineOrders(random: MovingProgram, movesOnly: boolean): Set<string> {
  const orders = new Set<string>();
  const length =
    [...naiveOrders(random, movesOnly)][0]?.split(', ').filter((text) => text !== '').length ?? 0;
  if (length === 0) orders.add('');
  const collect = reducerProperty<readonly string[]>({
    name: 'collect',
    title: 'Collects the orders in which moves and accesses are seen.',
    initial: [],
    step(seen, event) {
      let text: string | null = null;
      if (event.kind === 'slot') text = `${event.agent} ${event.event} ${event.slot}`;
      else if (event.kind === 'access' && event.agent < 2 && event.byteOffset < 16)
        text = `${event.agent} ${event.writes ? 'store' : 'load'}`;
      if (text === null) return seen;
      const now = [...seen, text];
      if (now.length === length) orders.add(now.join(', '));
      if (now.length > length) throw new Error(`seen more often than done: ${now.join(', ')}`);
      return now;
    },
  });
  const agents = Object.fromEntries(random.map((turns, agent) => [`${agent}`, adapted(turns, agent)]));
  // It makes x and y shared, so that each access to them is a step, whoever else reaches them. Nobody looks at its own.
  const third = once((port) => {
    port.load(x, 'relaxed');
    port.store(y, 1, 'relaxed');
  });
  const system = tiny(
    { ...agents, third },
    {
      withSlots: true,
      watchAccesses: !movesOnly,
      properties: [collect],
    },
  );
  const result = check(system, { memory: 'sc', verify: true });
  if (result.verdict !== 'proved') throw new Error(`${result.verdict}: ${result.error?.message}`);
  return orders;
}
