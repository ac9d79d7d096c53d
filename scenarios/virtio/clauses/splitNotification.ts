/** Notifications of the split virtqueue: what each side writes into its flags, and when it notifies the other one. */
import type { MonitorEvent, Property } from '../../../properties/index.ts';
import { clause } from './clause.ts';
import { clauseProperty, exercisedIf, type Judge, type Scene, type ValuedField } from './judge.ts';
import { ignoresField, type NotifyingSide, notificationJudge } from './notification.ts';
import { fieldIn, type SplitQueue } from './splitQueue.ts';

export function splitNotificationClauses(queue: SplitQueue): readonly Property[] {
  const { eventIdx } = queue;
  const flags = ['used', 'flags'] as const;
  const availEvent = ['availEvent', 'event'] as const;
  const availFlags = ['avail', 'flags'] as const;
  const usedEvent = ['usedEvent', 'event'] as const;
  return [
    clauseProperty(
      'sd7-available-flags',
      clause('SD7', 'MUST', '2.7.7.1', 'avail.flags is 0 or 1, and 0 with EVENT_IDX'),
      queue,
      () => flagsJudge(queue, 'avail'),
    ),
    clauseProperty(
      'sd7-spurious-interrupts',
      clause('SD7', 'MUST', '2.7.7.1', 'the driver bears interrupts for which there is nothing'),
      queue,
      () => spuriousJudge(queue, 'driver'),
    ),
    clauseProperty(
      'sd9-used-flags-zeroed',
      clause('SD9', 'MUST', '2.7.10.1', 'the driver sets used.flags to 0 before the device has the queue'),
      queue,
      () => zeroedJudge(queue),
    ),
    clauseProperty(
      'sd9-kick-when-required',
      clause(
        'SD9',
        'MUST',
        '2.7.10.1',
        'the driver notifies when used.flags, or with EVENT_IDX avail_event, wants it',
      ),
      queue,
      () => notificationJudge(splitSide(queue, 'driver'), 'required'),
    ),
    clauseProperty(
      'sd9-no-unwanted-kick',
      clause(
        'SD9',
        'SHOULD',
        '2.7.10.1',
        'the driver does not notify when used.flags, or with EVENT_IDX avail_event, does not want it',
      ),
      queue,
      () => notificationJudge(splitSide(queue, 'driver'), 'unwanted'),
    ),
    clauseProperty(
      'sd9-other-field-ignored',
      clause(
        'SD9',
        'MUST',
        '2.7.10.1',
        'the driver ignores used.flags with EVENT_IDX, and avail_event without: it does not read it',
      ),
      queue,
      () =>
        ignoresField((event) => queue.isDriver(event), eventIdx ? [availEvent, flags] : [flags, availEvent]),
    ),
    clauseProperty(
      'sv5-interrupt-when-required',
      clause(
        'SV5',
        'MUST',
        '2.7.7.2',
        'the device notifies when avail.flags, or with EVENT_IDX used_event, wants it',
      ),
      queue,
      () => notificationJudge(splitSide(queue, 'device'), 'required'),
    ),
    clauseProperty(
      'sv5-no-unwanted-interrupt',
      clause(
        'SV5',
        'SHOULD',
        '2.7.7.2',
        'the device does not notify when avail.flags, or with EVENT_IDX used_event, does not want it',
      ),
      queue,
      () => notificationJudge(splitSide(queue, 'device'), 'unwanted'),
    ),
    clauseProperty(
      'sv5-other-field-ignored',
      clause(
        'SV5',
        'MUST',
        '2.7.7.2',
        'the device ignores avail.flags with EVENT_IDX, and used_event without: it does not read it',
      ),
      queue,
      () =>
        ignoresField(
          (event) => queue.isDevice(event),
          eventIdx ? [usedEvent, availFlags] : [availFlags, usedEvent],
        ),
    ),
    clauseProperty(
      'sv7-used-flags',
      clause('SV7', 'MUST', '2.7.10.2', 'used.flags is 0 or 1, and 0 with EVENT_IDX'),
      queue,
      () => flagsJudge(queue, 'used'),
    ),
    clauseProperty(
      'sv7-spurious-kicks',
      clause('SV7', 'MUST', '2.7.10.2', 'the device bears kicks for which there is nothing'),
      queue,
      () => spuriousJudge(queue, 'device'),
    ),
  ];
}

/** A side's own flags word: when it is stored by its owner, and when it is read by the other one. */
function flagsJudge(queue: SplitQueue, part: 'avail' | 'used'): Judge {
  return {
    hears: [part],
    step(_scene, event, fields) {
      const flags = fieldIn(fields, part, 'flags');
      if (flags === null || event.kind !== 'access') return null;
      const byOwner = part === 'avail' ? queue.isDriver(event) : queue.isDevice(event);
      if (event.writes !== byOwner) return null;
      const most = queue.eventIdx ? 0 : 1;
      if (flags.value > most) return `${part}.flags is ${flags.value}`;
      return exercisedIf(true);
    },
  };
}

/** Own word: 1 once the device has stored used.flags. */
function zeroedJudge(queue: SplitQueue): Judge {
  return {
    hears: ['used'],
    words: 1,
    step(scene, event, fields) {
      const flags = fieldIn(fields, 'used', 'flags');
      if (flags === null || event.kind !== 'access') return null;
      if (event.writes) {
        if (queue.isDevice(event)) scene.set(0, 1);
        return null;
      }
      if (scene.get(0) === 1) return null;
      return flags.value === 0
        ? exercisedIf(true)
        : `used.flags is ${flags.value}, and the device has not stored anything there`;
    },
  };
}

/**
 * Nothing is there when a handler comes in on the side's core: then it has to find that out. It breaks by a fault, or by
 * reading an entry that there is not. Own word: the position of the entry that it reads next.
 */
function spuriousJudge(queue: SplitQueue, side: 'driver' | 'device'): Judge {
  const [ring, part, field] =
    side === 'driver' ? (['entry', 'used', 'id'] as const) : (['ring', 'avail', 'head'] as const);
  const isOwn = (event: MonitorEvent): boolean =>
    side === 'driver' ? queue.isDriver(event) : queue.isDevice(event);
  return {
    keeps: side === 'driver' ? ['used', 'avail', 'ring', 'entry'] : ['avail'],
    hears: [ring],
    words: 1,
    minds: (event) => isOwn(event) && (event.kind === 'enter' || event.kind === 'fault'),
    begin: (scene) => scene.set(0, scene.memory(part, 0, 'idx')),
    step(scene, event, fields) {
      if (!isOwn(event)) return null;
      const seen = scene.get(0);
      const left = queue.distance(seen, scene.memory(part, 0, 'idx'));
      if (event.kind === 'enter') return exercisedIf(left === 0);
      if (event.kind === 'fault') return left === 0 ? `with nothing to be done: ${event.message}` : null;
      if (event.kind !== 'access' || event.writes) return null;
      const entry = fieldIn(fields, ring, field);
      if (entry === null || entry.index !== seen % queue.size) return null;
      if (left <= 0) return `it reads ${event.name}, and there is no entry`;
      scene.set(0, (seen + (side === 'driver' ? batch(scene, seen, left) : 1)) % queue.modulus);
      return null;
    },
  };

  /** Entries that the one which is read stands for. */
  function batch(scene: Scene, seen: number, left: number): number {
    const positions = Array.from({ length: left }, (_, i) => (seen + i) % queue.modulus);
    return Math.max(1, queue.usedEntries(scene, positions)[0]?.heads.length ?? 1);
  }
}

/** A side with the words by which its peer suppresses notifications. */
export function splitSide(queue: SplitQueue, side: 'driver' | 'device'): NotifyingSide {
  const driver = side === 'driver';
  const [moves, flags, event] = driver
    ? (['avail', 'used', 'availEvent'] as const)
    : (['used', 'avail', 'usedEvent'] as const);
  const isOwn = (of: MonitorEvent): boolean => (driver ? queue.isDriver(of) : queue.isDevice(of));
  return {
    keeps: [moves],
    // All of the queue: whoever goes on with anything has not notified.
    hears: ['desc', 'ring', 'avail', 'used', 'entry', 'availEvent', 'usedEvent'],
    isOwn,
    notifies: driver ? queue.isKick : queue.isInterrupt,
    modulus: queue.modulus,
    byIndex: queue.eventIdx,
    most: queue.modulus,
    sight(_scene: Scene, of: MonitorEvent, fields: readonly ValuedField[]) {
      if (of.kind !== 'access' || !isOwn(of)) return null;
      const index = fieldIn(fields, moves, 'idx');
      if (of.writes && index !== null) {
        const count = queue.distance(index.old, index.value);
        return count > 0 ? { kind: 'moved', count, next: index.value } : null;
      }
      if (of.writes) return null;
      if (queue.eventIdx) {
        const wish = fieldIn(fields, event, 'event');
        return wish === null ? null : { kind: 'asked', wish: { event: wish.value } };
      }
      const wish = fieldIn(fields, flags, 'flags');
      return wish === null ? null : { kind: 'asked', wish: (wish.value & 1) === 0 ? 'always' : 'never' };
    },
  };
}
