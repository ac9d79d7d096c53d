/** The comfortable way to write a property of one's own: a reducer over plain data instead of words. */
import type { PlainData } from '../memory/index.ts';
import type { MonitorEvent, Property, PropertyContext } from './property.ts';

/** What a step of a reducer returns instead of a state, when the run has broken the property. */
export type ReducerViolation = { readonly violation: string };

export interface ReducerOptions<S extends PlainData> {
  /** Kebab-case, unique. */
  readonly name: string;
  /** The claim, as one sentence. */
  readonly title: string;
  /** State before the first event; or a function that says it for the system at hand. */
  readonly initial: S | ((context: PropertyContext) => S);
  /**
   * Takes one event. Returns the next state (the same one where the event does not matter) or what is wrong. A pure
   * function: states are frozen, so it must return new ones. Keep in them only what a later step reads, and let them
   * come back when the system does: each different state multiplies the states to explore.
   */
  step(state: S, event: MonitorEvent, context: PropertyContext): S | ReducerViolation;
}

/**
 * A property decided by a reducer over plain data. A state must not be a record with a string named `violation`,
 * which is how a step says no.
 *
 * Its monitor has one word: the number of the state among those met so far, 0 being the initial one. States are
 * equal when their JSON with sorted keys is. Numbers belong to one monitor: two may number the same states otherwise.
 *
 * @example
 * const oneAtATime = reducerProperty<number>({
 *   name: 'one-at-a-time',
 *   title: 'At most one buffer is reserved at any time.',
 *   initial: 0,
 *   step(reserved, event) {
 *     if (event.kind !== 'slot' || event.event !== 'reserve') return reserved;
 *     return reserved === 0 ? 1 : { violation: 'a second buffer was reserved' };
 *   },
 * });
 *
 * @throws TypeError from the monitor when a state is not plain data.
 */
export function reducerProperty<S extends PlainData>(options: ReducerOptions<S>): Property {
  const { name, title, initial } = options;
  return {
    name,
    title,
    monitor(context) {
      const states: S[] = [];
      const numbers = new Map<string, number>();
      const numberOf = (state: S): number => {
        const text = canonical(state, name);
        const known = numbers.get(text);
        if (known !== undefined) return known;
        // A copy: the caller's own object may be changed later. Canonical JSON of an S parses to an S.
        states.push(frozen(JSON.parse(text)) as S);
        numbers.set(text, states.length - 1);
        return states.length - 1;
      };
      numberOf(typeof initial === 'function' ? initial(context) : initial);
      return {
        words: 1,
        step(words, event) {
          const number = words.get(0);
          const state = states[number];
          if (state === undefined) throw new RangeError(`${name}: no state has the number ${number}`);
          const next = options.step(state, event, context);
          if (isViolation(next)) return next.violation;
          if (next !== state) words.set(0, numberOf(next));
          return null;
        },
      };
    },
  };
}

function isViolation(next: PlainData | ReducerViolation): next is ReducerViolation {
  return (
    typeof next === 'object' && next !== null && 'violation' in next && typeof next.violation === 'string'
  );
}

/** JSON with sorted keys. `value` comes from code that may be JavaScript, so its type is not trusted. */
function canonical(value: unknown, name: string): string {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return JSON.stringify(value);
  // -0, which JSON does not know, becomes 0.
  if (typeof value === 'number' && Number.isFinite(value)) return String(value);
  if (Array.isArray(value)) return `[${value.map((item) => canonical(item, name)).join(',')}]`;
  if (typeof value === 'object') {
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype === Object.prototype || prototype === null) {
      const fields = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
      return `{${fields.map(([key, item]) => `${JSON.stringify(key)}:${canonical(item, name)}`).join(',')}}`;
    }
  }
  throw new TypeError(
    `${name}: expected a state of plain data (null, boolean, finite number, string, array, record), found ${String(value)}`,
  );
}

function frozen(value: unknown): unknown {
  if (typeof value === 'object' && value !== null) {
    Object.values(value).forEach(frozen);
    Object.freeze(value);
  }
  return value;
}
