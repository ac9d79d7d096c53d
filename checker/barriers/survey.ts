/** Which barriers an implementation has: found by running it. */
import { type BarrierKind, type BarrierOrder, type BarrierPlace, strongest } from './edits.ts';

/** A fence, or an access stronger than relaxed, as the code has it: those of one kind on one line are one barrier. */
export interface Barrier extends BarrierPlace {
  readonly kind: BarrierKind;
  /** The strongest ordering that it was met with. */
  readonly order: BarrierOrder;
  /** Operations in which it was met (of nested ones the innermost), in alphabetical order; empty: in none. */
  readonly operations: readonly string[];
}

/** Collects barriers while a search runs. Complete once the search has exhausted the space. */
export class BarrierSurvey {
  readonly #met = new Map<
    string,
    Omit<Barrier, 'order' | 'operations'> & { order: BarrierOrder; readonly in: Set<string> }
  >();

  /** Told by the port, once for each time a barrier is met. */
  note({
    site,
    kind,
    order,
    operation,
  }: Omit<Barrier, 'operations'> & { readonly operation: string | null }): void {
    const key = keyOf({ site, kind });
    let known = this.#met.get(key);
    if (known === undefined) {
      known = { site, kind, order, in: new Set() };
      this.#met.set(key, known);
    }
    if (known.order !== order) known.order = strongest(known.order, order);
    if (operation !== null) known.in.add(operation);
  }

  /** Adds what another survey has met. */
  add(barrier: Barrier): void {
    const { operations, ...met } = barrier;
    this.note({ ...met, operation: null });
    for (const operation of operations) this.note({ ...met, operation });
  }

  /** By file, then line; the order in which a search meets them says nothing to a reader. */
  get barriers(): readonly Barrier[] {
    return [...this.#met.values()]
      .map(({ in: operations, ...barrier }) => ({ ...barrier, operations: [...operations].sort() }))
      .sort(
        (a, b) =>
          compare(fileOf(a.site), fileOf(b.site)) ||
          lineOf(a.site) - lineOf(b.site) ||
          compare(a.kind, b.kind),
      );
  }
}

/** Equal for equal places. */
export function keyOf({ site, kind }: BarrierPlace): string {
  return `${kind} ${site}`;
}

function fileOf(site: string): string {
  return site.slice(0, site.lastIndexOf(':'));
}

function lineOf(site: string): number {
  return Number(site.slice(site.lastIndexOf(':') + 1)) || 0;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
