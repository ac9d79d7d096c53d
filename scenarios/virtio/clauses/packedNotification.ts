/** Notifications of the packed virtqueue: event structures, and when each side notifies the other one. */
import type { MonitorEvent } from '../../../properties/index.ts';
import { exercisedIf, type Judge, type Scene, type ValuedField } from './judge.ts';
import { type NotifyingSide, SIDE_WORDS, type Sighting, type Wish } from './notification.ts';
import { type PackedQueue, PackedView } from './packedQueue.ts';

const ENABLE = 0;
const DISABLE = 1;
const DESC = 2;
const WRAP = 0x8000;

/** Own words of a side: 1 + an offset read before the flags; whether flags were read that want one. */
const OFFSET = SIDE_WORDS;
const PENDING = SIDE_WORDS + 1;
const VIEW = SIDE_WORDS + 2;

/** A side with the event structure by which its peer suppresses notifications. */
export function packedSide(queue: PackedQueue, side: 'driver' | 'device'): NotifyingSide {
  const driver = side === 'driver';
  const view = new PackedView(queue, { until: 'device' });
  const structure = driver ? 'deviceEvent' : 'driverEvent';
  const isOwn = (event: MonitorEvent): boolean => (driver ? queue.isDriver(event) : queue.isDevice(event));
  const shifted = (scene: Scene): Scene => ({
    ...scene,
    get: (word) => scene.get(VIEW + word),
    set: (word, value) => scene.set(VIEW + word, value),
  });
  return {
    keeps: PackedView.keeps,
    // All of the queue: whoever goes on with anything has not notified.
    hears: ['desc', 'driverEvent', 'deviceEvent'],
    words: VIEW - SIDE_WORDS + view.words,
    begin: (scene, start) => view.begin(shifted(scene), start),
    isOwn,
    notifies: driver ? queue.isKick : queue.isInterrupt,
    modulus: queue.laps,
    byIndex: queue.eventIdx,
    // Who waits lets nobody get further than a lap ahead.
    most: queue.size,
    sight(scene, event, fields): Sighting {
      const { published, returns } = view.follow(shifted(scene), event, fields);
      if (!isOwn(event)) return null;
      const moved = driver
        ? (published?.slots.length ?? 0)
        : returns.reduce((sum, { slots }) => sum + slots.length, 0);
      if (moved > 0) {
        const next = driver ? view.nextAvail(shifted(scene)) : view.nextUsed(shifted(scene));
        return { kind: 'moved', count: moved, next };
      }
      if (event.kind === 'return') forget(scene);
      if (event.kind !== 'access' || event.writes) return null;
      const wish = wishIn(scene, fields);
      if (wish === null) return null;
      forget(scene);
      return { kind: 'asked', wish };
    },
  };

  /** What was read, as far as both halves are known by now. */
  function wishIn(scene: Scene, fields: readonly ValuedField[]): Wish | null {
    const flags = fields.find(({ part, field }) => part === structure && field === 'flags');
    const offset = fields.find(({ part, field }) => part === structure && field === 'desc');
    if (flags === undefined && offset === undefined) return null;
    if (flags === undefined) {
      if (scene.get(PENDING) === 1) return { event: placeOf(offset?.value ?? 0) };
      scene.set(OFFSET, 1 + (offset?.value ?? 0));
      return null;
    }
    if (flags.value === ENABLE) return 'always';
    if (flags.value === DISABLE) return 'never';
    if (flags.value !== DESC || !queue.eventIdx) return 'unclear';
    if (offset !== undefined) return { event: placeOf(offset.value) };
    if (scene.get(OFFSET) !== 0) return { event: placeOf(scene.get(OFFSET) - 1) };
    scene.set(PENDING, 1);
    return null;
  }

  function placeOf(desc: number): number {
    return (desc & ~WRAP) + ((desc & WRAP) === 0 ? queue.size : 0);
  }

  function forget(scene: Scene): void {
    scene.set(OFFSET, 0);
    scene.set(PENDING, 0);
  }
}

/** A side's own event flags: when it stores them. */
export function eventFlags(queue: PackedQueue, side: 'driver' | 'device'): Judge {
  const structure = side === 'driver' ? 'driverEvent' : 'deviceEvent';
  const most = queue.eventIdx ? DESC : DISABLE;
  return {
    hears: [structure],
    step(_scene, event, fields) {
      const flags = fields.find(({ field }) => field === 'flags');
      const isOwn = side === 'driver' ? queue.isDriver(event) : queue.isDevice(event);
      if (flags === undefined || event.kind !== 'access' || event.writes !== isOwn) return null;
      return flags.value > most ? `the ${side} event flags are ${flags.value}` : exercisedIf(true);
    },
  };
}
