/**
 * How a clause becomes a monitor. A judge sees accesses as fields with their values, together with what stands in memory; a
 * monitor around it keeps that memory as words of its own, by the stores that it is told of.
 *
 * Stores count when the program makes them. What the peer can read by then may be older, never newer.
 */
import type {
  AccessEvent,
  Clause,
  Monitor,
  MonitorEvent,
  Property,
  PropertyContext,
  Words,
} from '../../../properties/index.ts';
import { EXERCISED } from '../../../properties/index.ts';
import { type FieldMap, patched } from './fields.ts';
import type { ClauseOptions, NotificationAction } from './options.ts';

/** What a judge says of an event: see `Monitor.step`. */
export type Judgement = ReturnType<Monitor['step']>;

/** A field with the value that was read from it, or that stands in it after the store. */
export interface ValuedField {
  readonly part: string;
  readonly index: number;
  readonly field: string;
  readonly value: number;
  /** What stood there before, as far as the monitor keeps it; else 0. */
  readonly old: number;
}

/** What a judge may look at and keep. */
export interface Scene {
  readonly context: PropertyContext;
  /** What stands in memory, without the event at hand; of parts that the judge keeps. */
  memory(part: string, index: number, field: string): number;
  /** Own words. */
  get(word: number): number;
  set(word: number, value: number): void;
}

export interface Judge {
  /** Parts whose content it looks at. */
  readonly keeps?: readonly string[];
  /** Parts of whose accesses it wants to be told, loads and stores. Of stores to the others that it keeps it need not be. */
  readonly hears?: readonly string[];
  /** Own words; all 0 at first, and after a reset, unless `begin` sets them. */
  readonly words?: number;
  /** Its own words are about more than the life of the queue: a reset leaves them as they are. Default false. */
  readonly outlivesReset?: boolean;
  /** Other events that it wants to be told of; payload and slot events, too. */
  minds?(event: MonitorEvent): boolean;
  /** Sets up its own words, which are 0; when the system starts, and after the queue was reset (`start` 0 then). */
  begin?(scene: Scene, start: number): void;
  /** `fields`: those that the access touches, of parts that it keeps or hears. */
  step(scene: Scene, event: MonitorEvent, fields: readonly ValuedField[]): Judgement;
}

/** A queue as all its judges see it. */
export interface Surroundings<G = unknown> {
  readonly options: ClauseOptions<G>;
  readonly fields: FieldMap;
  /** Content at the start. */
  initial(part: string, index: number, field: string): number;
}

/** The clause as a property. Null: nothing decides on it, or it does not apply to what was negotiated. */
export function clauseProperty(
  name: string,
  clause: Clause,
  around: Surroundings,
  judge: ((context: PropertyContext) => Judge) | null,
): Property {
  const title = `VirtIO ${clause.version}, ${clause.section}, ${clause.level}: ${clause.text}.`;
  if (judge === null || clause.unmonitored !== undefined) return { name, title, clause };
  return { name, title, clause, monitor: (context) => monitorOf(judge(context), around, context) };
}

/** Word of a monitor with words: 1 while the driver sets the queue up. */
const SETTING_UP = 0;

function monitorOf(judge: Judge, around: Surroundings, context: PropertyContext): Monitor {
  const { fields, options } = around;
  const kept = new Set(judge.keeps ?? []);
  const heard = new Set(judge.hears ?? []);
  const own = judge.words ?? 0;
  const stateful = own > 0 || kept.size > 0;
  const wordOf = new Map<number, number>();
  let words = stateful ? 1 + own : 0;
  for (const { part, number } of fields.fields) if (kept.has(part)) wordOf.set(number, words++);

  // A bank has one window of words for a monitor, and moves it: its scene is made once.
  const scenes = new WeakMap<Words, Scene>();
  const sceneOf = (state: Words): Scene => {
    let scene = scenes.get(state);
    if (scene === undefined) {
      scene = {
        context,
        memory: (part, index, field) => state.get(placeOf(part, index, field)),
        get: (word) => state.get(1 + word),
        set: (word, value) => state.set(1 + word, value),
      };
      scenes.set(state, scene);
    }
    return scene;
  };
  const placeOf = (part: string, index: number, field: string): number => {
    const word = wordOf.get(fields.numberOf(part, index, field));
    if (word === undefined) throw new RangeError(`a judge looks at ${part}, which it does not keep`);
    return word;
  };
  const restart = (state: Words, start: number): void => {
    for (let word = 0; word < own; word++) state.set(1 + word, 0);
    judge.begin?.(sceneOf(state), start);
  };
  const resets = resetTest(options);
  const isHeard = (event: MonitorEvent): boolean =>
    event.kind === 'access' ? fields.touches(event, heard) : (judge.minds?.(event) ?? false);
  return {
    words,
    listens(event) {
      if (event.kind === 'access' && event.writes && fields.touches(event, kept)) return true;
      return isHeard(event) || (stateful && resets(event) !== null);
    },
    start(state) {
      for (const { part, index, field, number } of fields.fields) {
        const word = wordOf.get(number);
        if (word !== undefined) state.set(word, around.initial(part, index, field));
      }
      if (stateful) restart(state, options.start ?? 0);
    },
    step(state, event) {
      if (stateful) {
        const phase = resets(event);
        if (phase !== null && judge.outlivesReset !== true) {
          restart(state, 0);
          state.set(SETTING_UP, phase === 'begins' ? 1 : 0);
        }
      }
      if (event.kind !== 'access') {
        if (!isHeard(event)) return null;
        return stateful && state.get(SETTING_UP) === 1 ? null : judge.step(sceneOf(state), event, []);
      }
      const accesses = fields.at(event, context.contents);
      let judgement: Judgement = null;
      if (isHeard(event) && !(stateful && state.get(SETTING_UP) === 1)) {
        const valued: ValuedField[] = [];
        for (const access of accesses) {
          const { part, index, field, number } = access.spec;
          if (!heard.has(part)) continue;
          const word = wordOf.get(number);
          const old = word === undefined ? 0 : state.get(word);
          valued.push({ part, index, field, value: patched(old, access), old });
        }
        judgement = judge.step(sceneOf(state), event, valued);
      }
      if (event.writes) {
        for (const access of accesses) {
          const word = wordOf.get(access.spec.number);
          if (word !== undefined) state.set(word, patched(state.get(word), access));
        }
      }
      return judgement;
    },
  };
}

/**
 * Says when the queue begins anew: `begins`, while the driver sets it up (its operation `init`), and nothing is claimed; and
 * `ends`, from where on all of it is. With registers, a reset that the device has completed is one, too.
 */
function resetTest(options: ClauseOptions<unknown>): (event: MonitorEvent) => 'begins' | 'ends' | null {
  const { registers, driverCore, deviceCore } = options;
  return (event) => {
    if ((event.kind === 'call' || event.kind === 'return') && event.operation === 'init') {
      if (event.core !== driverCore || !isOfQueue(options, event.args)) return null;
      return event.kind === 'call' ? 'begins' : 'ends';
    }
    if (registers === undefined || event.kind !== 'access') return null;
    if (!event.writes || event.core !== deviceCore || event.value !== 0) return null;
    return event.byteOffset === registers.ready || event.byteOffset === registers.status ? 'ends' : null;
  };
}

function isOfQueue({ queue }: ClauseOptions<unknown>, args: Readonly<Record<string, unknown>>): boolean {
  return queue === undefined || args.queue === undefined || args.queue === queue;
}

/** Whether an event is a notification by one side. */
export function notificationTest(
  options: ClauseOptions<unknown>,
  core: number,
  action: NotificationAction | undefined,
): (event: MonitorEvent) => boolean {
  if (action === undefined) {
    return (event) =>
      event.kind === 'call' &&
      event.operation === 'notify' &&
      event.core === core &&
      isOfQueue(options, event.args);
  }
  return (event) =>
    event.kind === 'action' &&
    event.core === core &&
    event.name === action.name &&
    event.argument === action.argument;
}

/** `EXERCISED` if that is so, else null. */
export function exercisedIf(tested: boolean): Judgement {
  return tested ? EXERCISED : null;
}

/** Of several judgements the one that counts: the first thing that is wrong, or that something was put to the test. */
export function together(judgements: readonly Judgement[]): Judgement {
  const wrong = judgements.find((judgement) => typeof judgement === 'string');
  return wrong ?? exercisedIf(judgements.includes(EXERCISED));
}

/** Whether the access orders what the core did before it before its own store. */
export function releases({ order }: AccessEvent): boolean {
  return order === 'release' || order === 'acq_rel' || order === 'seq_cst';
}
