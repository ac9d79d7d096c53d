/**
 * The buffers of a driver's application: equal pieces of shared memory, and a note in core-local memory of which are in
 * use. No part of VirtIO, which leaves to the driver where its buffers lie.
 */
import { arrayOf, type MemoryPort, type StructArray, struct, u8 } from '../../memory/index.ts';

/** Of one buffer, in core-local memory. */
export const pool_entry_t = struct('pool_entry_t', {
  /** 1: the application has it, or it is on its way to the device and back. */
  taken: u8('plain'),
});

export type BufferPoolGeometry = {
  /** Of the first buffer, as byte offset in shared memory. */
  readonly base: number;
  readonly buffers: number;
  readonly bytesEach: number;
  /** Of the notes, as byte offset in core-local memory: one byte for each buffer. */
  readonly notes: number;
};

/** The result of `allocate` when all buffers are taken. */
export const NO_BUFFER = 0xffff_ffff;

/** Operations: `allocateBuffer`, `freeBuffer`. */
export class BufferPool {
  private readonly port: MemoryPort;
  private readonly geometry: BufferPoolGeometry;
  private readonly notes: StructArray<typeof pool_entry_t.fields>;

  constructor(port: MemoryPort, geometry: BufferPoolGeometry) {
    this.port = port;
    this.geometry = geometry;
    this.notes = arrayOf(pool_entry_t, port, 'local', geometry.notes, geometry.buffers);
  }

  /** The free buffer with the lowest address, as byte offset in shared memory; `NO_BUFFER` if there is none. */
  allocate(): number {
    return this.port.op('allocateBuffer', {}, () => {
      const { base, buffers, bytesEach } = this.geometry;
      for (let i = 0; i < buffers; i++) {
        const note = this.notes.at(i);
        if (note.taken !== 0) continue;
        note.taken = 1;
        return base + i * bytesEach;
      }
      return NO_BUFFER;
    });
  }

  /** Whether a buffer is in use. @param address of any. */
  isTaken(address: number): boolean {
    return this.notes.at((address - this.geometry.base) / this.geometry.bytesEach).taken !== 0;
  }

  /** @param address of a buffer that `allocate` gave. @throws RangeError when it is none that is in use. */
  free(address: number): void {
    this.port.op('freeBuffer', { address }, () => {
      const { base, buffers, bytesEach } = this.geometry;
      const i = (address - base) / bytesEach;
      if (!Number.isInteger(i) || i < 0 || i >= buffers || this.notes.at(i).taken === 0)
        throw new RangeError(`no buffer in use at ${address}`);
      this.notes.at(i).taken = 0;
      return undefined;
    });
  }
}
