/** The scenarios of calls that must be refused: of a queue's two sides, and of a transport's two halves. */
import { transportClasses, transportDefects } from '../../impl/index.ts';
import type { ScenarioParams } from '../target.ts';
import type { Plan } from './plan.ts';
import { queueRefusals } from './queueRefusals.ts';
import { transportRefusals } from './transportRefusals.ts';

const common = {
  sizes: [2],
  most: { sc: 2, tso: 2, pso: 2, rc11: 2 },
  refuse: ({ slots }: ScenarioParams) => (slots === 2 ? null : 'refusals have a size of their own'),
};

export const refusalPlans: readonly Plan[] = [
  {
    ...common,
    name: 'refusals',
    title:
      'every call of driver and device that must be refused: it answers with its one code, and changes nothing',
    system: ({ defects, slots }, { layout }) =>
      queueRefusals(`virtio ${layout.name}, refusals, ${slots} descriptors`, layout, layout.classes(defects)),
  },
  {
    ...common,
    name: 'transport-refusals',
    title: 'every call of a transport that must be refused, and features and queues that the device refuses',
    system: ({ defects, slots }, { layout }) =>
      transportRefusals(
        `virtio ${layout.name}, refusals of a transport, ${slots} descriptors`,
        layout,
        layout.classes(defects),
        transportClasses(transportDefects.filter(({ name }) => defects.includes(name))),
      ),
  },
];
