/**
 * A memory port that makes some fences and accesses in another way than the code asks for, and can write down which
 * barriers it meets. It stands between the code and the stepped port, so an edit applies before anything else is decided
 * about an access: whether it is a step, what it is merged with.
 */
import type {
  AtomicOrdering,
  FenceOrdering,
  Location,
  MemoryPort,
  OperationArguments,
  Ordering,
  PlainData,
  Repeat,
  RmwOperation,
} from '../../memory/index.ts';
import {
  type BarrierEdit,
  type BarrierKind,
  type BarrierOrder,
  editText,
  failureOrderOf,
  fenceOrder,
  type SteppedKind,
  weakened,
  wrongEdits,
} from './edits.ts';
import type { BarrierSurvey } from './survey.ts';

/** How fences and orderings of the code under check are changed, or looked at. */
export interface BarrierOptions {
  readonly edits: readonly BarrierEdit[];
  /** Says where the running code stands. Costs a stack walk for each access of a kind that is edited or surveyed. */
  readonly siteOf: () => string | null;
  /** Is told of every barrier met, as the code asks for it. */
  readonly survey?: BarrierSurvey;
  /** Edits that nothing is met for are no mistake: they are about code that only other runs come to. Default false. */
  readonly mayMiss?: boolean;
}

/** The stepped port, with what is needed of it to know where the code stands. */
export interface InnerPort extends MemoryPort {
  readonly innermostOperation: string | null;
}

/** Applies edits, and remembers which of them ever applied. One for all ports of a system. */
export class BarrierEditor {
  readonly #options: BarrierOptions;
  readonly #byKind = new Map<SteppedKind, readonly BarrierEdit[]>();
  readonly #applied = new Set<BarrierEdit>();

  /** @throws RangeError for edits that mean nothing. */
  constructor(options: BarrierOptions) {
    const wrong = wrongEdits(options.edits);
    if (wrong !== null) throw new RangeError(wrong);
    this.#options = options;
    for (const edit of options.edits)
      this.#byKind.set(edit.kind, [...(this.#byKind.get(edit.kind) ?? []), edit]);
  }

  /** The port that the code gets. */
  around(port: InnerPort): MemoryPort {
    return new EditedPort(port, this);
  }

  /** Edits that nothing was met for so far, in words; none if they may miss. */
  notMet(): readonly string[] {
    if (this.#options.mayMiss === true) return [];
    return this.#options.edits.filter((edit) => !this.#applied.has(edit)).map(editText);
  }

  /** Edits that applied to something. */
  applied(): readonly BarrierEdit[] {
    return this.#options.edits.filter((edit) => this.#applied.has(edit));
  }

  /** What the code's access becomes: its edits, all marked as applied. `order`: as the code asks for it. */
  edits(kind: SteppedKind, operation: string | null, order: Ordering): readonly BarrierEdit[] {
    const candidates = this.#byKind.get(kind);
    const { survey } = this.#options;
    const surveyed = survey !== undefined && isBarrier(kind, order);
    if (candidates === undefined && !surveyed) return NO_EDITS;
    const site = this.#options.siteOf();
    if (site === null) return NO_EDITS;
    if (surveyed && isBarrierKind(kind)) survey.note({ site, kind, order, operation });
    if (candidates === undefined) return NO_EDITS;
    const found = candidates.filter(
      (edit) => edit.site === site && (edit.operation === null || edit.operation === operation),
    );
    for (const edit of found) this.#applied.add(edit);
    return found;
  }
}

const NO_EDITS: readonly BarrierEdit[] = [];

function isBarrierKind(kind: SteppedKind): kind is BarrierKind {
  return kind !== 'read' && kind !== 'write' && kind !== 'action';
}

function isBarrier(kind: SteppedKind, order: Ordering): boolean {
  return isBarrierKind(kind) && order !== 'plain' && order !== 'relaxed';
}

/** The ordering that an access gets. */
function ordered<O extends Ordering>(edits: readonly BarrierEdit[], order: O): O {
  const edit = edits.find((candidate) => candidate.edit === 'weaken');
  // Only what the kind of access takes gets past `wrongEdits`: `none` is for fences, `plain` for loads and stores.
  return edit === undefined ? order : (weakened(order, edit.order) as O);
}

class EditedPort implements MemoryPort {
  readonly #port: InnerPort;
  readonly #editor: BarrierEditor;

  constructor(port: InnerPort, editor: BarrierEditor) {
    this.#port = port;
    this.#editor = editor;
  }

  load(at: Location, order: Ordering): number {
    return this.#access('load', order, (edits) => this.#port.load(at, ordered(edits, order)));
  }

  store(at: Location, value: number, order: Ordering): void {
    this.#access('store', order, (edits) => this.#port.store(at, value, ordered(edits, order)));
  }

  rmw(at: Location, operation: RmwOperation, value: number, order: AtomicOrdering): number {
    return this.#access('rmw', order, (edits) => this.#port.rmw(at, operation, value, ordered(edits, order)));
  }

  cas(
    at: Location,
    expected: number,
    desired: number,
    order: AtomicOrdering,
    failureOrder: AtomicOrdering,
  ): number {
    return this.#access('cas', order, (edits) => {
      const now = ordered(edits, order);
      const failed = now === order ? failureOrder : failureOrderOf(now, failureOrder);
      return this.#port.cas(at, expected, desired, now, failed);
    });
  }

  fence(order: FenceOrdering): void {
    this.#access('fence', order, (edits) => {
      const edit = edits.find((candidate) => candidate.edit === 'weaken');
      this.#fence(edit === undefined ? order : weakened(order, edit.order));
    });
  }

  readRange(byteOffset: number, into: Uint8Array): void {
    this.#access('read', 'plain', () => this.#port.readRange(byteOffset, into));
  }

  writeRange(byteOffset: number, bytes: Uint8Array): void {
    this.#access('write', 'plain', () => this.#port.writeRange(byteOffset, bytes));
  }

  choose(count: number): number {
    return this.#port.choose(count);
  }

  action(name: string, argument: number): number {
    return this.#access('action', 'plain', () => this.#port.action(name, argument));
  }

  repeat<S extends PlainData, R extends PlainData | undefined>(
    state: S,
    body: (state: S) => Repeat<S, R>,
  ): R {
    return this.#port.repeat(state, body);
  }

  op<R extends PlainData | undefined>(name: string, args: OperationArguments, body: () => R): R {
    return this.#port.op(name, args, body);
  }

  #access<T>(kind: SteppedKind, order: Ordering, access: (edits: readonly BarrierEdit[]) => T): T {
    const edits = this.#editor.edits(kind, this.#port.innermostOperation, order);
    if (edits.length === 0) return access(edits);
    for (const { edit, order: fence } of edits) if (edit === 'fence-before') this.#fence(fence);
    const result = access(edits);
    for (const { edit, order: fence } of edits) if (edit === 'fence-after') this.#fence(fence);
    return result;
  }

  #fence(order: BarrierOrder): void {
    const fence = fenceOrder(order);
    if (fence !== null) this.#port.fence(fence);
  }
}
