/** Plain data as text: one text for equal data, and an error for what is not plain. */
import type { PlainData } from '../memory/index.ts';
import { TargetError } from './targetError.ts';

/** Canonical JSON: keys sorted. @throws TargetError `not-plain-data`, saying where. */
export function canonical(value: unknown, where: string): string {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number') {
    if (Number.isFinite(value)) return Object.is(value, -0) ? '0' : String(value);
    throw notPlain(String(value), where);
  }
  if (Array.isArray(value)) return `[${value.map((item) => canonical(item, where)).join(',')}]`;
  if (typeof value === 'object') {
    const prototype = Object.getPrototypeOf(value);
    if (prototype !== Object.prototype && prototype !== null) {
      throw notPlain(`an instance of ${value.constructor?.name ?? 'a class'}`, where);
    }
    const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
    return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonical(item, where)}`).join(',')}}`;
  }
  throw notPlain(typeof value, where);
}

/** A copy that nobody else holds. `undefined` (an operation without a result) becomes null. */
export function plainCopy(value: unknown, where: string): PlainData {
  // Canonical JSON of plain data parses to plain data.
  return JSON.parse(canonical(value === undefined ? null : value, where)) as PlainData;
}

function notPlain(found: string, where: string): TargetError {
  return new TargetError(
    'not-plain-data',
    `${where} must be plain data (null, boolean, finite number, string, array, record), found ${found}`,
  );
}
