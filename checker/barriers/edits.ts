/**
 * Barrier edits: what a fence or an ordered access would be if the source were another, as plain data. The code itself
 * stays as it is; the port makes the access in another way where it is met (`editedPort.ts`).
 */
import type { AtomicOrdering, FenceOrdering, Ordering } from '../../memory/index.ts';

/** What orders: a fence, or an access that is stronger than relaxed. */
export type BarrierKind = 'fence' | 'load' | 'store' | 'rmw' | 'cas';
/** What a fence can be put beside, too: payload ranges, and actions such as the doorbell. */
export type SteppedKind = BarrierKind | 'read' | 'write' | 'action';

export const steppedKinds: readonly SteppedKind[] = [
  'fence',
  'load',
  'store',
  'rmw',
  'cas',
  'read',
  'write',
  'action',
];

/** `none`: a fence that is left out. */
export type BarrierOrder = Ordering | 'none';

export const barrierOrders: readonly BarrierOrder[] = [
  'none',
  'plain',
  'relaxed',
  'acquire',
  'release',
  'acq_rel',
  'seq_cst',
];

export const barrierEditKinds = ['weaken', 'fence-before', 'fence-after'] as const;

/** Where in the code: the accesses of one kind on one line are one place. */
export interface BarrierPlace {
  /** File and line, as the host's `siteOf` gives them. */
  readonly site: string;
  readonly kind: SteppedKind;
}

/**
 * One change. `weaken`: the fence or access at the place orders no more than this (a fence `none`: it is left out); an
 * access that the code makes weaker anyway stays as it is. `fence-before`, `fence-after`: a fence of this ordering is put
 * right beside the access.
 */
export interface BarrierEdit extends BarrierPlace {
  /** Only within this operation (the innermost one that is open); null: in whatever operation. */
  readonly operation: string | null;
  readonly edit: (typeof barrierEditKinds)[number];
  readonly order: BarrierOrder;
}

const FENCES: readonly BarrierOrder[] = ['acquire', 'release', 'acq_rel', 'seq_cst'];
/** Orderings that each kind can be given. */
const ALLOWED: Readonly<Record<SteppedKind, readonly BarrierOrder[]>> = {
  fence: ['none', ...FENCES],
  load: ['plain', 'relaxed', 'acquire', 'seq_cst'],
  store: ['plain', 'relaxed', 'release', 'seq_cst'],
  rmw: ['relaxed', ...FENCES],
  cas: ['relaxed', ...FENCES],
  read: [],
  write: [],
  action: [],
};

/** Strictly weaker orderings of a barrier, the weakest first: each is weaker than, or beside, those that follow. */
const WEAKER: Readonly<
  Record<BarrierKind, Readonly<Partial<Record<BarrierOrder, readonly BarrierOrder[]>>>>
> = {
  fence: weakerThan('none'),
  load: { acquire: ['relaxed'], seq_cst: ['relaxed', 'acquire'] },
  store: { release: ['relaxed'], seq_cst: ['relaxed', 'release'] },
  rmw: weakerThan('relaxed'),
  cas: weakerThan('relaxed'),
};

function weakerThan(least: BarrierOrder): Readonly<Partial<Record<BarrierOrder, readonly BarrierOrder[]>>> {
  return {
    acquire: [least],
    release: [least],
    acq_rel: [least, 'acquire', 'release'],
    seq_cst: [least, 'acquire', 'release', 'acq_rel'],
  };
}

/** Orderings that a barrier could be weakened to, the weakest first, which is no barrier any more; empty: it is none. */
export function weakerOrders(kind: BarrierKind, order: BarrierOrder): readonly BarrierOrder[] {
  return WEAKER[kind][order] ?? [];
}

/** What an access that is asked for as `order` orders if it may order no more than `most`: the weaker, or what both do. */
export function weakened(order: Ordering, most: BarrierOrder): BarrierOrder {
  if (most === 'none') return 'none';
  if (order === 'plain' || most === 'plain') return 'plain';
  if (order === 'seq_cst') return most;
  return joined(acquires(order) && acquires(most), releases(order) && releases(most));
}

/** What orders as much as both: for a line that makes accesses of several orderings. */
export function strongest(a: BarrierOrder, b: BarrierOrder): BarrierOrder {
  if (a === 'seq_cst' || b === 'seq_cst') return 'seq_cst';
  return joined(acquires(a) || acquires(b), releases(a) || releases(b));
}

function joined(acquire: boolean, release: boolean): BarrierOrder {
  if (acquire && release) return 'acq_rel';
  if (acquire) return 'acquire';
  return release ? 'release' : 'relaxed';
}

/** Whether what comes before in program order cannot be made after what the barrier guards: its release half. */
export function releases(order: BarrierOrder): boolean {
  return order === 'release' || order === 'acq_rel' || order === 'seq_cst';
}

/** The other half: what comes after cannot be made before it. */
export function acquires(order: BarrierOrder): boolean {
  return order === 'acquire' || order === 'acq_rel' || order === 'seq_cst';
}

/** The order of a CAS that fails, when that of one that succeeds is changed: never stronger than it was. */
export function failureOrderOf(order: AtomicOrdering, failureOrder: AtomicOrdering): AtomicOrdering {
  const most: AtomicOrdering = order === 'seq_cst' ? 'seq_cst' : acquires(order) ? 'acquire' : 'relaxed';
  if (failureOrder === 'seq_cst') return most;
  return acquires(failureOrder) && most !== 'relaxed' ? 'acquire' : 'relaxed';
}

/** What is wrong with edits, or null: an ordering that a kind cannot have, a barrier changed in two ways. */
export function wrongEdits(edits: readonly BarrierEdit[]): string | null {
  for (const [i, edit] of edits.entries()) {
    const allowed = edit.edit === 'weaken' ? ALLOWED[edit.kind] : FENCES;
    if (!allowed.includes(edit.order)) {
      const expected =
        allowed.length === 0 ? 'an edit that puts a fence beside it' : `one of ${allowed.join(', ')}`;
      return `${editText(edit)}: expected ${expected}`;
    }
    const twice = edits
      .slice(0, i)
      .some(
        (other) =>
          other.edit === edit.edit &&
          other.site === edit.site &&
          other.kind === edit.kind &&
          (other.operation === edit.operation || other.operation === null || edit.operation === null),
      );
    if (twice) return `${editText(edit)}: the same place is changed twice`;
  }
  return null;
}

/** The edit in words: `fence at queue.ts:253 left out`. */
export function editText({ site, kind, operation, edit, order }: BarrierEdit): string {
  const place = `${kind} at ${site}${operation === null ? '' : ` in ${operation}`}`;
  switch (edit) {
    case 'weaken':
      return order === 'none' ? `${place} left out` : `${place} made ${order}`;
    case 'fence-before':
      return `fence ${order} before the ${place}`;
    case 'fence-after':
      return `fence ${order} after the ${place}`;
  }
}

/** As the port takes it; null: such a fence orders nothing, and is none. */
export function fenceOrder(order: BarrierOrder): FenceOrdering | null {
  return order === 'none' || order === 'plain' || order === 'relaxed' ? null : order;
}
