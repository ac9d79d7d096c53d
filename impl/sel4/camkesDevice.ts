/**
 * The device's side of a CAmkES virtqueue: libvirtqueue with a pool and a channel, after libsel4camkes' `virtqueue.c` and
 * `virtqueue_common.c`. The source's names.
 *
 * What differs, and why:
 * - The initialization refuses a dataport that cannot hold the rings; the source does not ask for its size.
 * - A copying function looks at the whole chain before it moves a byte. If the chain is too short it answers -1 and the
 *   device still has it. The source has copied a part and given the chain back, and whoever cleans up after a -1 gives
 *   it back twice (Q6).
 *
 * Results: 0, or -1 and nothing has changed.
 */
import type { MemoryPort } from '../../memory/index.ts';
import type { Recv } from './camkesDriver.ts';
import type { Channels } from './channels.ts';
import { VirtqueueDevice } from './device.ts';
import { CAMKES_ERROR, CAMKES_OK, EINVAL, ENOMEM, VQ_OK } from './errors.ts';
import { channel_geometry, device_bytes } from './geometry.ts';
import { type Gathered, type RingObject, VIRTQUEUE_DEVICE } from './layout.ts';
import type { VirtqueueOptions } from './virtqueue.ts';

/** What a CAmkES device is configured with beside. */
export type CamkesDeviceOptions = VirtqueueOptions & {
  /** Core-local memory that it may take, from its handle on, in bytes; unlimited if not given. */
  readonly local_bytes?: number;
};

/** A part of a buffer: an address and a length in bytes. */
export type Piece = { readonly buf: number; readonly len: number };

/** The device's side of a channel. */
export class CamkesDevice extends VirtqueueDevice {
  private readonly local_bytes: number;

  constructor(port: MemoryPort, handle: number, options: CamkesDeviceOptions = {}) {
    super(port, handle, options);
    this.local_bytes = options.local_bytes ?? Number.MAX_SAFE_INTEGER;
  }

  /** Sets the side up for the channel with this id: 0; -1 when there is none for a device, or it cannot be set up. */
  device_init(channels: Channels, virtqueue_id: number): number {
    return this.port.op('device_init', { queue: this.id, virtqueue_id }, () =>
      this.init(channels, virtqueue_id, null),
    );
  }

  /** The same, and says by which notification and badge the driver's side is heard. */
  device_init_with_recv(channels: Channels, virtqueue_id: number, recv: Recv): number {
    return this.port.op('device_init_with_recv', { queue: this.id, virtqueue_id, recv }, () =>
      this.init(channels, virtqueue_id, recv),
    );
  }

  /**
   * Sets the side up in a dataport: 0. EINVAL when there is none, when it cannot hold the rings, or when `init_device`
   * refuses; ENOMEM when core-local memory does not suffice.
   * @param buffer where it begins, a multiple of 4; 0 is NULL. @param size in bytes: the source does not ask.
   */
  device_init_common(buffer: number, queue_len: number, size: number, notify: number): number {
    return this.port.op('device_init_common', { queue: this.id, buffer, queue_len, size, notify }, () => {
      if (buffer === 0 || !this.is_valid_length(queue_len)) return EINVAL;
      const { avail_ring, used_ring, desc_table, pool, header_bytes } = channel_geometry(buffer, queue_len);
      if (!this.fits(header_bytes, size)) return EINVAL;
      if (device_bytes(queue_len) > this.local_bytes) return ENOMEM;
      const pool_bytes = size - header_bytes;
      const done = this.init_device(queue_len, avail_ring, used_ring, desc_table, notify, pool, pool_bytes);
      return done === VQ_OK ? CAMKES_OK : EINVAL;
    });
  }

  /** Copies the next bytes of a chain to `into`, fills it, and gives the chain back as read that far: 0. -1: too short. */
  device_gather_copy_buffer(object: RingObject, into: Uint8Array): number {
    const size = into.length;
    return this.port.op('device_gather_copy_buffer', { queue: this.id, object, size }, () =>
      this.copy(object, size, (buf, from, len) => this.port.readRange(buf, into.subarray(from, from + len))),
    );
  }

  /** Copies `bytes` to the next bytes of a chain, and gives the chain back as written that far: 0. -1: too short. */
  device_scatter_copy_buffer(object: RingObject, bytes: Uint8Array): number {
    const size = bytes.length;
    return this.port.op('device_scatter_copy_buffer', { queue: this.id, object, size }, () =>
      this.copy(object, size, (buf, from, len) =>
        this.port.writeRange(buf, bytes.subarray(from, from + len)),
      ),
    );
  }

  /** The next buffer of a chain, as an address: 0. -1 when there is none. Does not give the chain back. */
  device_gather_buffer(object: RingObject, out: Gathered): number {
    return this.port.op('device_gather_buffer', { queue: this.id, object, out }, () => {
      if (this.gather_available(object, out) !== VQ_OK) return CAMKES_ERROR;
      out.buf += this.vq.cookie;
      return CAMKES_OK;
    });
  }

  /** The address of a byte of the pool; 0, NULL, for one behind its end. The source adds, and does not look. */
  device_offset_to_buffer(offset: number): number {
    return this.port.op('device_offset_to_buffer', { queue: this.id, offset }, () =>
      this.is_inside(offset) ? this.vq.cookie + offset : 0,
    );
  }

  protected is_inside(offset: number): boolean {
    return offset >= 0 && offset < this.vq.pool_bytes;
  }

  /** Whether a dataport can hold the rings. */
  protected fits(header_bytes: number, size: number): boolean {
    return size >= header_bytes;
  }

  /** Moves the next `size` bytes of a chain, then gives it back. */
  private copy(
    object: RingObject,
    size: number,
    move: (buf: number, from: number, len: number) => void,
  ): number {
    const queue_len = this.vq.queue_len;
    if (!this.may_return(object, queue_len)) return CAMKES_ERROR;
    const pieces = this.pieces(object.cur, size, queue_len);
    if (pieces === null) return CAMKES_ERROR;
    const found = pieces.reduce((bytes, { len }) => bytes + len, 0);
    if (!this.may_move(found, size)) return CAMKES_ERROR;
    let moved = 0;
    for (const { buf, len } of pieces) {
      if (len > 0) move(buf, moved, len);
      moved += len;
    }
    this.add_used_buf(object, moved);
    return found < size ? CAMKES_ERROR : CAMKES_OK;
  }

  /** Whether a chain with this many bytes left will do. */
  protected may_move(found: number, size: number): boolean {
    return found >= size;
  }

  /** The next `size` bytes of a chain, or as many as there are; `null` when a descriptor is not sound. */
  private pieces(from: number, size: number, queue_len: number): readonly Piece[] | null {
    const limit = this.walk_limit(queue_len);
    const pool = this.vq.cookie;
    const pieces: Piece[] = [];
    let at = from;
    let bytes = 0;
    for (let met = 0; bytes < size && at < queue_len; met++) {
      if (met === limit) return null;
      const desc = this.read_desc(at, queue_len);
      if (!this.is_sound(desc, queue_len)) return null;
      const len = Math.min(desc.len, size - bytes);
      pieces.push({ buf: pool + desc.addr, len });
      bytes += len;
      at = desc.next;
    }
    return pieces;
  }

  private init(channels: Channels, virtqueue_id: number, recv: Recv | null): number {
    const channel = channels.get_virtqueue_channel(VIRTQUEUE_DEVICE, virtqueue_id);
    if (channel === null) return CAMKES_ERROR;
    const { channel_buffer, queue_len, channel_buffer_size, notify } = channel;
    const error = this.device_init_common(channel_buffer, queue_len, channel_buffer_size, notify);
    if (error !== 0) return CAMKES_ERROR;
    if (recv !== null) {
      recv.notification = channel.recv_notification;
      recv.badge = channel.recv_badge;
    }
    return CAMKES_OK;
  }
}
