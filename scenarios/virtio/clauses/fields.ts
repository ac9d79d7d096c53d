/**
 * What an access to a queue's memory is about: fields by name instead of byte offsets. An access may cover several fields
 * (`flags` and `next` by one 32-bit store), or a part of one.
 */
import type { Struct } from '../../../memory/index.ts';
import type { AccessEvent, Contents } from '../../../properties/index.ts';

/** One field: `part` and `index` say of which element of which part. */
export interface FieldSpec {
  readonly part: string;
  readonly index: number;
  readonly field: string;
  readonly byteOffset: number;
  readonly bytes: number;
  /** Its number among all fields of the map. */
  readonly number: number;
}

/** What an access does to one field. */
export interface FieldAccess {
  readonly spec: FieldSpec;
  /** The first byte of the field that is accessed, and how many. */
  readonly from: number;
  readonly bytes: number;
  /** Those bytes, as a little-endian number. */
  readonly piece: number;
}

type Overlap = Omit<FieldAccess, 'piece'> & { /** Where in the access it begins. */ readonly at: number };

/** Fields of a queue, and of whatever else a clause is about. */
export class FieldMap {
  readonly fields: FieldSpec[] = [];
  readonly #overlaps = new Map<string, readonly Overlap[]>();
  /** What each event does: many judges ask, and a search tells them of the same event again and again. */
  readonly #accesses = new WeakMap<AccessEvent, readonly FieldAccess[]>();
  readonly #byName = new Map<string, FieldSpec>();

  /** One field. */
  add(part: string, index: number, field: string, byteOffset: number, bytes: number): void {
    const spec = { part, index, field, byteOffset, bytes, number: this.fields.length };
    this.fields.push(spec);
    this.#byName.set(`${part} ${index} ${field}`, spec);
  }

  /** An array of structs. */
  addStructs(part: string, type: Struct, base: number, count = 1): void {
    for (let index = 0; index < count; index++)
      for (const [field, { width }] of Object.entries(type.fields))
        this.add(part, index, field, base + index * type.bytes + (type.offsets[field] ?? 0), width / 8);
  }

  /** Number of a field. @throws RangeError when there is none of that name. */
  numberOf(part: string, index: number, field: string): number {
    const spec = this.#byName.get(`${part} ${index} ${field}`);
    if (spec === undefined) throw new RangeError(`no field ${part}[${index}].${field}`);
    return spec.number;
  }

  /** The fields that an access touches. */
  at(event: AccessEvent, contents: Contents): readonly FieldAccess[] {
    let known = this.#accesses.get(event);
    if (known === undefined) {
      known = this.#overlapsOf(event.byteOffset, event.length).map(({ spec, from, bytes, at }) => ({
        spec,
        from,
        bytes,
        piece: pieceOf(event, contents, at, bytes),
      }));
      this.#accesses.set(event, known);
    }
    return known;
  }

  /** Whether an access touches a field of one of these parts. */
  touches({ byteOffset, length }: AccessEvent, parts: ReadonlySet<string>): boolean {
    return this.#overlapsOf(byteOffset, length).some(({ spec }) => parts.has(spec.part));
  }

  #overlapsOf(byteOffset: number, length: number): readonly Overlap[] {
    const key = `${byteOffset} ${length}`;
    let known = this.#overlaps.get(key);
    if (known === undefined) {
      const end = byteOffset + length;
      known = this.fields.flatMap((spec) => {
        const first = Math.max(byteOffset, spec.byteOffset);
        const bytes = Math.min(end, spec.byteOffset + spec.bytes) - first;
        return bytes <= 0 ? [] : [{ spec, from: first - spec.byteOffset, bytes, at: first - byteOffset }];
      });
      this.#overlaps.set(key, known);
    }
    return known;
  }
}

function pieceOf({ value, content }: AccessEvent, contents: Contents, at: number, bytes: number): number {
  if (content !== null) {
    const all = contents.bytesOf(content);
    let piece = 0;
    for (let i = bytes - 1; i >= 0; i--) piece = piece * 256 + (all[at + i] ?? 0);
    return piece;
  }
  return Math.floor((value ?? 0) / 256 ** at) % 256 ** bytes;
}

/** The field's value when the piece stands in it, and the rest is as it was. */
export function patched(old: number, { spec, from, bytes, piece }: FieldAccess): number {
  if (bytes === spec.bytes) return piece;
  const place = 256 ** from;
  const before = (Math.floor(old / place) % 256 ** bytes) * place;
  return old - before + piece * place;
}
