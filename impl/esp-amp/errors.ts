/** Result codes of the ESP-AMP queue API, with the numbers that ESP-IDF's `esp_err.h` gives them. */

export const OK = 0;
export const NO_MEM = 0x101;
export const INVALID_ARG = 0x102;
export const NOT_FOUND = 0x105;
export const NOT_SUPPORTED = 0x106;
export const NOT_FINISHED = 0x10c;
export const NOT_ALLOWED = 0x10d;

const NAMES: Readonly<Record<number, string>> = {
  [OK]: 'OK',
  [NO_MEM]: 'NO_MEM',
  [INVALID_ARG]: 'INVALID_ARG',
  [NOT_FOUND]: 'NOT_FOUND',
  [NOT_SUPPORTED]: 'NOT_SUPPORTED',
  [NOT_FINISHED]: 'NOT_FINISHED',
  [NOT_ALLOWED]: 'NOT_ALLOWED',
};

/** `NOT_FOUND` for 0x105; `code 0x7` for a number that is no documented code. */
export function codeName(code: number): string {
  return NAMES[code] ?? `code 0x${code.toString(16)}`;
}
