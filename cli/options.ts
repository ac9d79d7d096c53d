/** Values of options, from text: each parser says what it expected and what it found. */
import { UsageError } from './errors.ts';

function badValue(option: string, expected: string, found: string): UsageError {
  return new UsageError('bad-value', `${option} has a value that it does not take`, {
    expected,
    found: `"${found}"`,
  });
}

/** A comma list of names, without empty ones and in the order given; doubles count once. */
export function nameList(option: string): (text: string) => readonly string[] {
  return (text) => {
    const names = text.split(',').map((name) => name.trim());
    if (names.some((name) => name === '')) throw badValue(option, 'names, separated by commas', text);
    return [...new Set(names)];
  };
}

/** A comma list of whole numbers, 1 or more each. */
export function numberList(option: string): (text: string) => readonly number[] {
  const one = wholeNumber(option, 1);
  return (text) => [...new Set(text.split(',').map((part) => one(part.trim())))];
}

/** A whole number, in digits (underscores allowed), no less than `least` and no more than `most`. */
export function wholeNumber(
  option: string,
  least: number,
  most: number = Number.MAX_SAFE_INTEGER,
): (text: string) => number {
  return (text) => {
    const value = /^\d[\d_]*$/.test(text) ? Number(text.replaceAll('_', '')) : Number.NaN;
    if (value >= least && value <= most) return value;
    const range = most === Number.MAX_SAFE_INTEGER ? `${least} or more` : `${least} to ${most}`;
    throw badValue(option, `a whole number, ${range}`, text);
  };
}

/** Seconds: a decimal number above 0. */
export function seconds(option: string): (text: string) => number {
  return (text) => {
    const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
    if (value > 0 && Number.isFinite(value)) return value;
    throw badValue(option, 'seconds: a number above 0', text);
  };
}

const units: Readonly<Record<string, number>> = {
  '': 1,
  B: 1,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KIB: 1024,
  MIB: 1024 ** 2,
  GIB: 1024 ** 3,
  TIB: 1024 ** 4,
  K: 1024,
  M: 1024 ** 2,
  G: 1024 ** 3,
  T: 1024 ** 4,
};

/** A number of bytes, with a unit: `2GB`, `512MiB`, `1.5G` (K, M, G, T alone are powers of 1024). */
export function byteSize(option: string): (text: string) => number {
  return (text) => {
    const match = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(text.trim());
    const unit = units[(match?.[2] ?? '?').toUpperCase()];
    const bytes = unit === undefined ? 0 : Math.floor(Number(match?.[1]) * unit);
    if (bytes > 0 && Number.isFinite(bytes)) return bytes;
    throw badValue(option, 'a size above 0 with a unit, for instance 2GB, 512MiB or 1.5G', text);
  };
}

/** One of a few words. */
export function oneOf<T extends string>(option: string, words: readonly T[]): (text: string) => T {
  return (text) => {
    const word = words.find((candidate) => candidate === text);
    if (word === undefined) throw badValue(option, `one of ${words.join(', ')}`, text);
    return word;
  };
}
