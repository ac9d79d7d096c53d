/** The barriers of the split virtqueue that the specification asks for: the driver's two. */
import type { Property } from '../../../properties/index.ts';
import { type BarrierParts, kickBarrier, publishBarrier } from './barrierClauses.ts';
import { clause } from './clause.ts';
import { clauseProperty } from './judge.ts';
import { fieldIn, type SplitQueue } from './splitQueue.ts';

export function splitBarrierClauses(queue: SplitQueue): readonly Property[] {
  return [
    {
      ...clauseProperty(
        'sd10-barrier-before-index',
        clause(
          'SD10',
          'MUST',
          '2.7.13.3.1',
          'a barrier stands between the entries and descriptors that are published and the store to avail.idx',
        ),
        queue,
        () => publishBarrier(parts(queue)),
      ),
      barrier: true,
    },
    {
      ...clauseProperty(
        'sd11-barrier-before-kick-test',
        clause(
          'SD11',
          'MUST',
          '2.7.13.4.1',
          'a full barrier stands between the store to avail.idx and the look at used.flags or avail_event',
        ),
        queue,
        () => kickBarrier(parts(queue)),
      ),
      barrier: true,
    },
  ];
}

function parts(queue: SplitQueue): BarrierParts {
  const [part, field] = queue.eventIdx ? ['availEvent', 'event'] : ['used', 'flags'];
  return {
    hears: ['desc', 'table', 'ring', 'avail', 'used', 'availEvent'],
    isDriver: (event) => queue.isDriver(event),
    kindOf(_scene, event, fields) {
      if (event.writes) {
        if (fieldIn(fields, 'avail', 'idx') !== null) return 'publishes';
        const prepares = fields.some((one) => ['desc', 'table', 'ring'].includes(one.part));
        return prepares ? 'prepares' : null;
      }
      return fieldIn(fields, part as string, field as string) === null ? null : 'asks';
    },
  };
}
