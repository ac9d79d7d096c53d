/** Where in the code accesses are made, as numbers: so that what a store leaves behind says who made it. */

export interface Origin {
  readonly agent: number;
  /** Kind of the access, as in `access.ts`. */
  readonly kind: number;
  /** As the host's `site` gave it. */
  readonly site: string | null;
  /** Operations open at the access, outermost first. */
  readonly operations: readonly string[];
}

export class OriginTable {
  readonly #all: Origin[] = [];
  readonly #numbers = new Map<string, number>();

  intern(origin: Origin): number {
    const key = `${origin.agent}|${origin.kind}|${origin.site}|${origin.operations.join('>')}`;
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    const number = this.#all.length;
    this.#all.push(origin);
    this.#numbers.set(key, number);
    return number;
  }

  /** @throws RangeError */
  get(number: number): Origin {
    const origin = this.#all[number];
    if (origin === undefined) throw new RangeError(`no origin ${number}`);
    return origin;
  }
}
