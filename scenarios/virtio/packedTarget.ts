/** The target `virtio-packed`. */
import type { Target } from '../target.ts';
import { packedTargetDefects } from './defects.ts';
import { packedLayout } from './packedLayout.ts';
import { virtioTarget } from './target.ts';

export const virtioPacked: Target = virtioTarget(
  'virtio-packed',
  'VirtIO 1.2 packed virtqueues (2.8)',
  packedLayout,
  packedTargetDefects,
);
