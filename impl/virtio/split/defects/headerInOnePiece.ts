/**
 * 2.7.4.1 (SV2): where the first descriptor has fewer bytes, it reads what belongs to nobody, or to another chain.
 *
 * How it comes about: devices from before VERSION_1 could rely on a descriptor of its own for the header. What to do: gather the bytes over descriptors.
 */
import { VIRTIO_OK } from '../../errors.ts';
import type { Taken } from '../../queue.ts';
import type { SplitDefect } from './defect.ts';

/** Seeded: the device reads a header of 4 bytes, however the driver has cut the request. */
export const headerInOnePiece: SplitDefect = {
  name: 'header-in-one-piece',
  title: 'the device reads a header of 4 bytes, however the driver has cut the request',
  fault: 'SV2',
  device: (Base) =>
    class extends Base {
      override take(out: Taken): number {
        const code = super.take(out);
        const [first] = out.segments;
        if (code === VIRTIO_OK && first?.writable === false)
          this.port.readRange(first.addr, new Uint8Array(4));
        return code;
      }
    },
};
