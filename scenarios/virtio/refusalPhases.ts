/**
 * Calls that must be refused, in phases: between two phases, in which all sides are used rightly or something is forged,
 * any refusal may come any number of times. Each has to answer with its one code, and to leave everything as it was. All
 * is on one core here: what two cores do to each other is what the other scenarios are for.
 */
import {
  type Actions,
  program,
  STOP,
  type System,
  type SystemOperation,
  type Witness,
} from '../../checker/index.ts';
import { type VirtioChainAction, type VirtioOperationSpec, virtioCodeName } from '../../impl/index.ts';
import type { LayoutMap, MemoryPort } from '../../memory/index.ts';
import {
  boundedOperation,
  documentedErrors,
  failureAtomicity,
  noOutsideAccess,
} from '../../properties/index.ts';

/** A call that is refused. */
export interface Refusal<Sides> {
  /** What is called, unique. */
  readonly call: string;
  /** What it must answer: a code, or 0 or 1 for no or yes. */
  readonly answer: number;
  run(sides: Sides): number;
}

/** What may be refused for a while, and what ends it. */
export interface Phase<Sides> {
  /** What it is about: a witness of the scenario. */
  readonly why: string;
  readonly refusals: readonly Refusal<Sides>[];
  goOn(sides: Sides): void;
}

/** @throws Error when the sides are not where the next phase begins: a mistake in the scenario, or in the implementation. */
export function expectThat(what: string, is: boolean): void {
  if (!is) throw new Error(`refusals: ${what}: it is not so`);
}

/** Whether this throws a `RangeError`, as constructors do of what could never work. */
export function isOutOfRange(make: () => unknown): boolean {
  try {
    make();
    return false;
  } catch (error) {
    return error instanceof RangeError;
  }
}

/** The operation around a call that must answer with this. */
function expectation(answer: number): string {
  return `expect ${answer < 0 ? virtioCodeName(answer) : answer}`;
}

/** There is one ledger for all queues: which one a chain is in, nobody asks here. */
function numbered(actions: readonly VirtioChainAction[]): Actions {
  return actions.map((action) => (action.kind === 'slot' ? action : { ...action, queue: 0 }));
}

/** Each has one documented result, and never succeeds: so it may not change anything either. */
function operations<Sides>(
  known: Readonly<Record<string, VirtioOperationSpec>>,
  phases: readonly Phase<Sides>[],
): Record<string, SystemOperation> {
  const own = Object.entries(known).map(([name, { codes, succeeded, onCall, onReturn }]) => {
    const operation: SystemOperation = {
      codes,
      succeeded,
      ...(onCall === undefined ? {} : { onCall: (args) => numbered(onCall(args)) }),
      ...(onReturn === undefined ? {} : { onReturn: (args, result) => numbered(onReturn(args, result)) }),
    };
    return [name, operation] as const;
  });
  const expected = phases
    .flatMap(({ refusals }) => refusals)
    .map(
      ({ answer }) =>
        [expectation(answer), { codes: { [answer]: 'refused' }, succeeded: () => false }] as const,
    );
  return Object.fromEntries([...own, ...expected]);
}

export interface RefusalsOptions<Sides> {
  readonly title: string;
  readonly phases: readonly Phase<Sides>[];
  readonly sidesOn: (port: MemoryPort) => Sides;
  readonly operations: Readonly<Record<string, VirtioOperationSpec>>;
  readonly sharedBytes: number;
  readonly localBytes: number;
  readonly names: LayoutMap;
}

/** The system of one agent that goes through these phases. */
export function refusalsSystem<Sides>(options: RefusalsOptions<Sides>): System {
  const { title, phases, sidesOn, sharedBytes, localBytes, names } = options;
  const main = program<{ readonly phase: number }>({ phase: 0 }, (port) => {
    const sides = sidesOn(port);
    return (state) => {
      const phase = phases[state.phase];
      if (phase === undefined) return STOP;
      const { refusals } = phase;
      const refused = refusals[refusals.length === 0 ? 0 : port.choose(refusals.length + 1)];
      if (refused !== undefined) {
        port.op(expectation(refused.answer), { call: refused.call }, () => refused.run(sides));
        return state;
      }
      phase.goOn(sides);
      return { phase: state.phase + 1 };
    };
  });
  const witnesses = phases.map(({ why, refusals }): Witness => {
    const calls = refusals.map(({ call }) => call);
    return {
      name: `refused while ${why}`,
      reached: (seen) =>
        seen.kind === 'event' &&
        seen.event.kind === 'return' &&
        typeof seen.event.args.call === 'string' &&
        calls.includes(seen.event.args.call),
    };
  });
  return {
    title,
    sharedBytes,
    localBytes,
    cores: ['main'],
    agents: [{ name: 'main', core: 0, program: main }],
    slots: [],
    queues: 1,
    chains: true,
    operations: operations(options.operations, phases),
    names,
    setup: () => undefined,
    properties: [noOutsideAccess, failureAtomicity, documentedErrors, boundedOperation],
    witnesses,
    home: () => true,
    accessBound: 3000,
    // Where nothing is merged, all stores of a set-up may wait: no fence comes in between.
    bufferDepth: 2048,
  };
}
