/**
 * Names for bytes: which struct, array or buffer lies where, so that errors and traces can say `desc[2].flags`
 * where a port sees only an offset.
 */
import type { Fields, Struct } from './layout.ts';
import type { Space } from './location.ts';

type Placement = {
  readonly name: string;
  readonly space: Space;
  readonly base: number;
  /** Bytes of one element. */
  readonly stride: number;
  /** Elements; `null` for a single one, which is named without an index. */
  readonly count: number | null;
  /** `null` for plain bytes. */
  readonly struct: Struct | null;
};

/** Lengths of what is named are smaller, but for whole memories. */
const LENGTHS = 1 << 20;

/** What lies where in the memories of one system. Of overlapping placements the last one names the bytes. */
export class LayoutMap {
  private readonly placements: Placement[] = [];
  /** Names given so far, by space, offset and length: the same bytes are named again and again. */
  private readonly names: Readonly<Record<Space, Map<number, string>>> = {
    shared: new Map(),
    local: new Map(),
  };

  /** Places a struct at byte `base`, or `count` of them as an array. Returns the map itself. */
  place<F extends Fields>(name: string, space: Space, struct: Struct<F>, base: number, count?: number): this {
    return this.add({ name, space, base, stride: struct.bytes, count: count ?? null, struct });
  }

  /** Places `lengthBytes` bytes at byte `base`, or `count` such buffers one after the other. */
  placeBytes(name: string, space: Space, base: number, lengthBytes: number, count?: number): this {
    return this.add({ name, space, base, stride: lengthBytes, count: count ?? null, struct: null });
  }

  private add(placement: Placement): this {
    this.placements.push(placement);
    this.names[placement.space].clear();
    return this;
  }

  /**
   * The name of `lengthBytes` bytes from `byteOffset`: `desc[2].flags`, `conf.queue_size`, `buffer[1][0..7]`, and
   * `shared+0x16` where nothing is placed. Bytes that run past the end of what they start in are named by where they
   * start: `buffer[1][4..11]` of a buffer of 8 is an overrun.
   */
  nameOf(space: Space, byteOffset: number, lengthBytes: number): string {
    if (lengthBytes >= LENGTHS) return this.nameAt(space, byteOffset, lengthBytes);
    const names = this.names[space];
    const key = byteOffset * LENGTHS + lengthBytes;
    let name = names.get(key);
    if (name === undefined) {
      name = this.nameAt(space, byteOffset, lengthBytes);
      names.set(key, name);
    }
    return name;
  }

  private nameAt(space: Space, byteOffset: number, lengthBytes: number): string {
    const placement = this.placements.findLast(
      (p) => p.space === space && byteOffset >= p.base && byteOffset < p.base + p.stride * (p.count ?? 1),
    );
    if (placement === undefined) return unnamed(space, byteOffset);
    const { base, stride, count, struct } = placement;
    const element = Math.floor((byteOffset - base) / stride);
    const within = byteOffset - base - element * stride;
    const name = count === null ? placement.name : `${placement.name}[${element}]`;
    const field = struct === null ? undefined : fieldAt(struct, within, lengthBytes);
    if (field !== undefined) return `${name}.${field}`;
    return lengthBytes <= 1 ? `${name}[${within}]` : `${name}[${within}..${within + lengthBytes - 1}]`;
  }
}

/** The name of bytes of which nothing else is known: `shared+0x16`. */
export function unnamed(space: Space, byteOffset: number): string {
  return `${space}+0x${byteOffset.toString(16)}`;
}

function fieldAt(struct: Struct, offset: number, lengthBytes: number): string | undefined {
  return Object.entries(struct.fields).find(
    ([name, { width }]) => struct.offsets[name] === offset && width / 8 === lengthBytes,
  )?.[0];
}
