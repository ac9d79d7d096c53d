/**
 * A small layout language: fields and structs with the offsets that a C compiler gives them, and typed views over a
 * memory port, so that code reads like the C it stands for (`desc.at(2).flags = 0`) and every offset can be checked
 * against a specification.
 *
 * A view's class is made once a struct: accessors on a prototype, each a call of the port with a location computed
 * by one addition. Nothing is allocated by an access. Byte order is the port's business (little-endian).
 */
import { type Location, locationAt, type Space, type Width } from './location.ts';
import type { Ordering } from './ordering.ts';
import type { MemoryPort } from './port.ts';

/** One scalar of a struct, and how a view's getter and setter order their accesses to it. */
export type Field = {
  readonly width: Width;
  /** Ordering of the getter's load. */
  readonly load: Ordering;
  /** Ordering of the setter's store. */
  readonly store: Ordering;
};

/** Fields by name, in the order of the declaration, which is the order in memory. */
export type Fields = Readonly<Record<string, Field>>;

/** 8-bit field. @param store ordering of stores, where it differs from that of loads. */
export function u8(load: Ordering, store: Ordering = load): Field {
  return { width: 8, load, store };
}

/** 16-bit field, 2-aligned. @param store ordering of stores, where it differs from that of loads. */
export function u16(load: Ordering, store: Ordering = load): Field {
  return { width: 16, load, store };
}

/** 32-bit field, 4-aligned. @param store ordering of stores, where it differs from that of loads. */
export function u32(load: Ordering, store: Ordering = load): Field {
  return { width: 32, load, store };
}

/** 64-bit field, 8-aligned; safe integers only. @param store ordering of stores, where it differs. */
export function u64(load: Ordering, store: Ordering = load): Field {
  return { width: 64, load, store };
}

/** What every view has beside its fields. */
export type ViewBase<F extends Fields> = {
  /** The location of a field, for `rmw`, `cas` and orderings other than the declared one. */
  locationOf(field: keyof F & string): Location;
};

/** A struct in some memory: reading a property loads it, assigning stores it. */
export type View<F extends Fields> = { -readonly [K in keyof F]: number } & ViewBase<F>;

type ViewClass<F extends Fields> = new (port: MemoryPort, space: Space, base: number) => View<F>;

/** A struct's declaration with the layout computed from it. */
export type Struct<F extends Fields = Fields> = {
  readonly name: string;
  readonly fields: F;
  /** Byte offset of each field: the next multiple of its size, as in C. */
  readonly offsets: { readonly [K in keyof F]: number };
  /** `sizeof`: the end of the last field, rounded up to the alignment. */
  readonly bytes: number;
  /** That of the widest field, in bytes. */
  readonly alignment: number;
  /** The class behind `viewOf`, made once for each maker of accessors. */
  viewClass(accessors: AccessorMaker): new (port: MemoryPort, space: Space, base: number) => View<F>;
};

/** Names that a view needs for itself. */
const RESERVED: readonly string[] = ['locationOf', 'viewPort', 'viewOrigin', 'constructor', '__proto__'];

/**
 * Declares a struct.
 *
 *     const desc_t = struct('desc_t', { addr: u32('plain'), len: u16('plain'), flags: u16('relaxed') });
 *     desc_t.bytes; // 8
 *     viewOf(desc_t, port, 'shared', 0x40).flags; // port.load(flags at 0x46, 'relaxed')
 *
 * @throws TypeError when a field's name is one that views need for themselves.
 */
export function struct<const F extends Fields>(name: string, fields: F): Struct<F> {
  const viewClasses = new Map<AccessorMaker, ViewClass<F>>();
  const offsets: Record<string, number> = {};
  let end = 0;
  let alignment = 1;
  for (const [field, { width }] of Object.entries(fields)) {
    if (RESERVED.includes(field)) throw new TypeError(`${name}: a field cannot be called ${field}`);
    const size = width / 8;
    const offset = roundUp(end, size);
    offsets[field] = offset;
    end = offset + size;
    alignment = Math.max(alignment, size);
  }
  return {
    name,
    fields,
    // Filled from the keys of `fields`, one offset each.
    offsets: offsets as Struct<F>['offsets'],
    bytes: roundUp(end, alignment),
    alignment,
    viewClass(accessors) {
      let viewClass = viewClasses.get(accessors);
      if (viewClass === undefined) {
        viewClass = makeViewClass(fields, offsets, accessors);
        viewClasses.set(accessors, viewClass);
      }
      return viewClass;
    },
  };
}

/** A struct's view at byte `base` of a memory. Nothing is accessed, nor checked, until a field is used. */
export function viewOf<F extends Fields>(
  type: Struct<F>,
  port: MemoryPort & AccessorPort,
  space: Space,
  base: number,
): View<F> {
  const own = port.accessorsFor?.(space, base, type.bytes, type.alignment);
  const viewClass = type.viewClass(own ?? byLoadAndStore);
  return new viewClass(port, space, base);
}

/** The location of a field of the struct that lies at byte `base`. */
export function fieldLocation<F extends Fields>(
  type: Struct<F>,
  space: Space,
  base: number,
  field: keyof F & string,
): Location {
  const { width } = declared(type.fields, field);
  return locationAt(space, base + type.offsets[field], width);
}

/** An array of structs. */
export type StructArray<F extends Fields> = {
  /** Byte offset of element 0. */
  readonly base: number;
  /** In elements. */
  readonly count: number;
  /**
   * The view of element `index`; all are made when one is first asked for, and kept. An index outside 0..count-1 is
   * neither refused nor clamped: its address is computed as in C, so that an overrun becomes an access which the port
   * reports by name.
   */
  at(index: number): View<F>;
};

/** @param count in elements. */
export function arrayOf<F extends Fields>(
  type: Struct<F>,
  port: MemoryPort,
  space: Space,
  base: number,
  count: number,
): StructArray<F> {
  return new Rows(type, port, space, base, count);
}

class Rows<F extends Fields> implements StructArray<F> {
  readonly base: number;
  readonly count: number;
  private readonly type: Struct<F>;
  private readonly port: MemoryPort;
  private readonly space: Space;
  private readonly rows: View<F>[] = [];

  constructor(type: Struct<F>, port: MemoryPort, space: Space, base: number, count: number) {
    this.type = type;
    this.port = port;
    this.space = space;
    this.base = base;
    this.count = count;
  }

  at(index: number): View<F> {
    return this.rows[index] ?? this.row(index);
  }

  /** Inside the bounds all views are made at once, so that `at` is one load ever after; outside, none is kept. */
  private row(index: number): View<F> {
    while (this.rows.length < this.count) this.rows.push(this.viewOfRow(this.rows.length));
    return this.rows[index] ?? this.viewOfRow(index);
  }

  private viewOfRow(index: number): View<F> {
    return viewOf(this.type, this.port, this.space, this.base + index * this.type.bytes);
  }
}

/** What the accessors of every view have as their `this`. */
export class StructView<P extends MemoryPort = MemoryPort> {
  readonly viewPort: P;
  /** The location code of an 8-bit scalar at the struct's first byte; a field adds its own offset and width. */
  readonly viewOrigin: number;

  constructor(port: P, space: Space, base: number) {
    this.viewPort = port;
    this.viewOrigin = locationAt(space, base, 8);
  }
}

/**
 * Makes the accessors of a field, to be run on a `StructView`; `null` for those that go by `load` and `store`.
 * @param code what the field adds to a view's origin: its location in a struct at byte 0 of shared memory.
 */
export type AccessorMaker = (code: number, field: Field) => PropertyDescriptor | null;

/** What a port may offer beside its accesses. */
export type AccessorPort = {
  /**
   * Accessors of the port's own for views of a struct at byte `base`: they do what `load` and `store` would, knowing
   * memory, ordering and width beforehand. `undefined` when the struct is misaligned or not wholly inside, so that
   * each access is checked and reported. A port that decorates another must not pass this on.
   */
  accessorsFor?(space: Space, base: number, bytes: number, alignment: number): AccessorMaker | undefined;
};

const byLoadAndStore: AccessorMaker = () => null;

function makeViewClass<F extends Fields>(
  fields: F,
  offsets: Readonly<Record<string, number>>,
  accessors: AccessorMaker,
): ViewClass<F> {
  const code = (field: string): number =>
    locationAt('shared', offsets[field] ?? 0, declared(fields, field).width);
  class StructViewOf extends StructView {
    locationOf(field: string): Location {
      return (this.viewOrigin + code(field)) as Location; // origin + offset and width: a location's encoding
    }
  }
  for (const [name, field] of Object.entries(fields)) {
    const accessor = accessors(code(name), field) ?? anyAccessor(code(name), field);
    Object.defineProperty(StructViewOf.prototype, name, { enumerable: true, ...accessor });
  }
  // The accessors just defined are the fields of View<F>.
  return StructViewOf as unknown as ViewClass<F>;
}

function anyAccessor(code: number, { load, store }: Field): PropertyDescriptor {
  return {
    get(this: StructView): number {
      return this.viewPort.load((this.viewOrigin + code) as Location, load); // as in locationOf
    },
    set(this: StructView, value: number): void {
      this.viewPort.store((this.viewOrigin + code) as Location, value, store); // as in locationOf
    },
  };
}

function declared(fields: Fields, name: string): Field {
  const field = Object.hasOwn(fields, name) ? fields[name] : undefined;
  if (field === undefined) throw new TypeError(`no field is called ${name}`);
  return field;
}

function roundUp(value: number, multiple: number): number {
  return Math.ceil(value / multiple) * multiple;
}
