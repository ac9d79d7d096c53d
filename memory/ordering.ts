/**
 * How an access is ordered with the others of its core, in C11's terms. `plain` is a non-atomic access: it is
 * ordered by nothing but happens-before, and two of them on different cores that are not so ordered race.
 */
export type Ordering = 'plain' | 'relaxed' | 'acquire' | 'release' | 'acq_rel' | 'seq_cst';

/** The orderings that an atomic access (load, store, read-modify-write) may carry. */
export type AtomicOrdering = Exclude<Ordering, 'plain'>;

/** The orderings that mean something on a fence. */
export type FenceOrdering = 'acquire' | 'release' | 'acq_rel' | 'seq_cst';
