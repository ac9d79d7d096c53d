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

/** A copy that nobody else holds, keys sorted. `undefined` (an operation without a result) becomes null. */
export function plainCopy(value: unknown, where: string): PlainData {
  if (value === undefined || value === null) return null;
  if (typeof value === 'boolean' || typeof value === 'string') return value;
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw notPlain(String(value), where);
    return Object.is(value, -0) ? 0 : value;
  }
  if (Array.isArray(value)) return value.map((item) => plainItem(item, where));
  if (typeof value !== 'object') throw notPlain(typeof value, where);
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null)
    throw notPlain(`an instance of ${value.constructor?.name ?? 'a class'}`, where);
  const copy: Record<string, PlainData> = {};
  for (const key of Object.keys(value).sort())
    copy[key] = plainItem((value as Record<string, unknown>)[key], where);
  return copy;
}

function plainItem(item: unknown, where: string): PlainData {
  if (item === undefined) throw notPlain('undefined', where);
  return plainCopy(item, where);
}

function notPlain(found: string, where: string): TargetError {
  return new TargetError(
    'not-plain-data',
    `${where} must be plain data (null, boolean, finite number, string, array, record), found ${found}`,
  );
}
