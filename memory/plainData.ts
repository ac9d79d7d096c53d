/**
 * Values that can be written down, compared and restored: what a program's state, an operation's arguments and
 * results, and a loop's state are made of. `undefined`, functions, class instances and cycles are not among them.
 */
export type PlainData =
  | null
  | boolean
  | number
  | string
  | readonly PlainData[]
  | { readonly [key: string]: PlainData };
