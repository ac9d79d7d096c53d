/** Which chains are out, as either side sees it. A chain is out from the store to `avail.idx` that publishes it on. */
import type { MonitorEvent } from '../../../properties/index.ts';
import type { Scene, ValuedField } from './judge.ts';
import { type Chain, fieldIn, type SplitQueue } from './splitQueue.ts';

/** What a step has published and given back, as heads in their order. */
export interface Turnover {
  readonly published: readonly number[];
  readonly returned: readonly number[];
}

const NOTHING: Turnover = { published: [], returned: [] };

/** A chain is out until a store to `used.idx` by the device gives it back. */
export class DeviceView {
  static readonly keeps = ['avail', 'ring', 'used', 'entry'] as const;
  static readonly hears = ['avail', 'used'] as const;
  readonly #queue: SplitQueue;
  readonly #base: number;

  /** @param base first of `words` own words of the judge. */
  constructor(queue: SplitQueue, base = 0) {
    this.#queue = queue;
    this.#base = base;
  }

  get words(): number {
    return this.#queue.size;
  }

  isOut(scene: Scene, head: number): boolean {
    return head < this.#queue.size && scene.get(this.#base + head) === 1;
  }

  /** Chains that are out, by the heads, from the lowest. Keep `CHAIN_PARTS`. */
  chains(scene: Scene): readonly Chain[] {
    return this.heads(scene).map((head) => this.#queue.chainOf(scene, head));
  }

  heads(scene: Scene): readonly number[] {
    return Array.from({ length: this.#queue.size }, (_, head) => head).filter((head) =>
      this.isOut(scene, head),
    );
  }

  /** Takes note of an event. A head that is published twice, or given back though not out, stands in the result all the same. */
  follow(scene: Scene, event: MonitorEvent, fields: readonly ValuedField[]): Turnover {
    const queue = this.#queue;
    const published = queue.published(event, fields).map((position) => queue.headAt(scene, position));
    const entries = queue.usedEntries(scene, queue.returned(event, fields));
    const returned = entries.flatMap(({ heads }) => heads);
    if (published.length + returned.length === 0) return NOTHING;
    for (const head of published) this.#set(scene, head, 1);
    for (const head of returned) this.#set(scene, head, 0);
    return { published, returned };
  }

  #set(scene: Scene, head: number, out: number): void {
    if (head < this.#queue.size) scene.set(this.#base + head, out);
  }
}

/**
 * A chain is out until the driver reads its used entry. Own words: the position of the oldest chain with IN_ORDER, else 0;
 * then one a head.
 */
export class DriverView {
  static readonly keeps = ['avail', 'ring'] as const;
  static readonly hears = ['avail', 'entry'] as const;
  readonly #queue: SplitQueue;
  readonly #base: number;

  constructor(queue: SplitQueue, base = 0) {
    this.#queue = queue;
    this.#base = base;
  }

  get words(): number {
    return 1 + this.#queue.size;
  }

  begin(scene: Scene): void {
    if (this.#queue.inOrder) scene.set(this.#base, scene.memory('avail', 0, 'idx'));
  }

  isOut(scene: Scene, head: number): boolean {
    return head < this.#queue.size && scene.get(this.#base + 1 + head) === 1;
  }

  follow(scene: Scene, event: MonitorEvent, fields: readonly ValuedField[]): Turnover {
    const queue = this.#queue;
    const published = queue.published(event, fields).map((position) => queue.headAt(scene, position));
    for (const head of published) if (head < queue.size) scene.set(this.#base + 1 + head, 1);
    const returned = this.#collected(scene, event, fields).filter((head) => this.isOut(scene, head));
    for (const head of returned) scene.set(this.#base + 1 + head, 0);
    return published.length + returned.length === 0 ? NOTHING : { published, returned };
  }

  #collected(scene: Scene, event: MonitorEvent, fields: readonly ValuedField[]): readonly number[] {
    const queue = this.#queue;
    if (!queue.isDriver(event) || event.kind !== 'access' || event.writes) return [];
    const id = fieldIn(fields, 'entry', 'id');
    if (id === null) return [];
    if (!queue.inOrder) return [id.value];
    const first = scene.get(this.#base);
    const waiting = Math.max(0, queue.distance(first, scene.memory('avail', 0, 'idx')));
    const due = Array.from({ length: waiting }, (_, i) => queue.headAt(scene, first + i));
    const heads = due.slice(0, due.indexOf(id.value) + 1);
    scene.set(this.#base, (first + heads.length) % queue.modulus);
    return heads;
  }
}
