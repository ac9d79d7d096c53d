/** The target `virtio-split`. */
import type { Target } from '../target.ts';
import { splitTargetDefects } from './defects.ts';
import { splitLayout } from './splitLayout.ts';
import { virtioTarget } from './target.ts';

export const virtioSplit: Target = virtioTarget(
  'virtio-split',
  'VirtIO 1.2 split virtqueues (2.7)',
  splitLayout,
  splitTargetDefects,
);
