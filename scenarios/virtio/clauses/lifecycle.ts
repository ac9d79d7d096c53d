/**
 * What the device status field and the reset of a queue allow; the same for both layouts. Decided by the registers, so
 * these claims have no monitor where a system has none.
 */
import type { MonitorEvent, Property } from '../../../properties/index.ts';
import { EXERCISED } from '../../../properties/index.ts';
import { clause } from './clause.ts';
import { clauseProperty, exercisedIf, type Judge, type Surroundings, type ValuedField } from './judge.ts';

const ACKNOWLEDGE = 1;
const DRIVER = 2;
const DRIVER_OK = 4;
const FEATURES_OK = 8;
const NEEDS_RESET = 64;
const FAILED = 128;
/** In this order. */
const STEPS = [ACKNOWLEDGE, DRIVER, FEATURES_OK, DRIVER_OK] as const;

/** What of the layout the judges need. */
export interface LivingQueue extends Surroundings {
  /** All parts of the queue. */
  readonly parts: readonly string[];
  isDriver(event: MonitorEvent): boolean;
  isDevice(event: MonitorEvent): boolean;
  readonly isKick: (event: MonitorEvent) => boolean;
  readonly isInterrupt: (event: MonitorEvent) => boolean;
  /** A load by which the device consumes a buffer. */
  consumes(event: MonitorEvent, fields: readonly ValuedField[]): boolean;
}

export function lifecycleClauses(queue: LivingQueue): readonly Property[] {
  const { registers } = queue.options;
  const needed = registers === undefined ? null : registers;
  const judged = (judge: () => Judge): (() => Judge) | null => (needed === null ? null : judge);
  return [
    clauseProperty(
      'sd12-initialization-order',
      clause(
        'SD12',
        'MUST',
        '2.1.1, 3.1.1',
        'the driver resets, sets ACKNOWLEDGE, DRIVER, FEATURES_OK, reads that back, and sets DRIVER_OK; it clears no bit',
      ),
      queue,
      judged(() => initOrder(queue, registers?.writtenMark ?? 0)),
    ),
    clauseProperty(
      'sd12-no-early-kick',
      clause('SD12', 'MUST', '3.1.1', 'the driver sends no notification before it sets DRIVER_OK'),
      queue,
      judged(() => earlyKick(queue)),
    ),
    clauseProperty(
      'sd14-reset-confirmed',
      clause(
        'SD14',
        'MUST',
        '2.6.1.1.2',
        'the driver sees that a queue has been reset before it uses its memory for something else',
      ),
      queue,
      judged(() => resetConfirmed(queue)),
    ),
    clauseProperty(
      'sv1-not-before-driver-ok',
      clause(
        'SV1',
        'MUST',
        '2.1.2',
        'the device consumes nothing and sends no notification before DRIVER_OK',
      ),
      queue,
      judged(() => notBefore(queue)),
    ),
    clauseProperty(
      'sv9-quiet-after-reset',
      clause(
        'SV9',
        'MUST',
        '2.4.1, 2.6.1.1.1',
        'once it has confirmed a reset, the device leaves the queue alone until it is enabled again',
      ),
      queue,
      judged(() => quiet(queue)),
    ),
  ];
}

function register(fields: readonly ValuedField[], name: string): ValuedField | undefined {
  return fields.find(({ part, field }) => part === 'register' && field === name);
}

/** Own words: what the driver has written last; 1 once it has read FEATURES_OK back; 1 once it wrote anything. */
function initOrder(queue: LivingQueue, mark: number): Judge {
  return {
    hears: ['register', 'driverFeatures'],
    words: 3,
    outlivesReset: true,
    step(scene, event, fields) {
      if (event.kind !== 'access') return null;
      const last = scene.get(0);
      if (!queue.isDriver(event)) {
        // What the device does not set, as FEATURES_OK when it refuses, the driver does not clear.
        const set = event.writes ? register(fields, 'status') : undefined;
        if (set !== undefined) scene.set(0, (last & set.value) >>> 0);
        return null;
      }
      if (!event.writes) {
        const status = register(fields, 'status');
        if (status !== undefined && (status.value & last & FEATURES_OK) !== 0) scene.set(1, 1);
        return null;
      }
      if (fields.some(({ part }) => part === 'driverFeatures') && (last & FEATURES_OK) !== 0)
        return 'it accepts features after FEATURES_OK';
      const written = register(fields, 'statusWrite');
      if (written === undefined || (written.value & mark) >>> 0 !== mark >>> 0) return null;
      const value = (written.value & ~mark & 0xff) >>> 0;
      const wrong = value === 0 ? null : wrongStep(last, value, scene.get(1) === 1, scene.get(2) === 1);
      if (wrong !== null) return wrong;
      scene.set(0, value);
      scene.set(2, 1);
      if (value === 0) scene.set(1, 0);
      return EXERCISED;
    },
  };
}

function wrongStep(last: number, value: number, readBack: boolean, begun: boolean): string | null {
  const cleared = last & ~value & ~NEEDS_RESET;
  if (cleared !== 0) return `it clears bit ${cleared} of the status`;
  const added = value & ~last & ~NEEDS_RESET & ~FAILED;
  if (!begun) return 'it sets a bit of the status before it has reset the device';
  if ((last & FAILED) !== 0 && added !== 0) return 'it goes on after FAILED without a reset';
  for (const [i, bit] of STEPS.entries()) {
    const before = STEPS.slice(0, i).find((earlier) => (value & earlier) === 0);
    if ((added & bit) !== 0 && before !== undefined)
      return `it sets bit ${bit} of the status before bit ${before}`;
  }
  if ((added & DRIVER_OK) !== 0 && !readBack) return 'it sets DRIVER_OK, and has not read FEATURES_OK back';
  return null;
}

/** Own word: 1 once the driver has written DRIVER_OK. */
function earlyKick(queue: LivingQueue): Judge {
  return {
    hears: ['register'],
    words: 1,
    outlivesReset: true,
    minds: queue.isKick,
    step(scene, event, fields) {
      if (queue.isKick(event))
        return scene.get(0) === 1 ? EXERCISED : 'it notifies the device, and has not set DRIVER_OK';
      const written = register(fields, 'statusWrite');
      if (written === undefined || event.kind !== 'access' || !event.writes || !queue.isDriver(event))
        return null;
      scene.set(0, (written.value & DRIVER_OK) === 0 ? 0 : 1);
      return null;
    },
  };
}

/** Own word: 1 while the driver waits for a reset of the queue. */
function resetConfirmed(queue: LivingQueue): Judge {
  return {
    hears: [...queue.parts, 'register'],
    words: 1,
    outlivesReset: true,
    step(scene, event, fields) {
      if (event.kind !== 'access' || !queue.isDriver(event)) return null;
      const reset = register(fields, 'reset');
      if (reset !== undefined && event.writes) {
        scene.set(0, reset.value === 0 ? 0 : 1);
        return null;
      }
      // A device that is reset as a whole has no queue to be reset any more.
      const isOff = !event.writes && register(fields, 'status')?.value === 0;
      if (isOff && scene.get(0) === 1) {
        scene.set(0, 0);
        return exercisedIf(true);
      }
      if (reset !== undefined) {
        const seen = scene.get(0) === 1 && reset.value === 0;
        if (seen) scene.set(0, 0);
        return exercisedIf(seen);
      }
      const reuses = event.writes && fields.some(({ part }) => queue.parts.includes(part));
      return reuses && scene.get(0) === 1
        ? `it stores ${event.name}, and has not seen that the queue was reset`
        : null;
    },
  };
}

/** Own word: 1 while the status field has DRIVER_OK. */
function notBefore(queue: LivingQueue): Judge {
  return {
    hears: [...queue.parts, 'register'],
    words: 1,
    outlivesReset: true,
    minds: queue.isInterrupt,
    step(scene, event, fields) {
      const live = scene.get(0) === 1;
      if (queue.isInterrupt(event)) return live ? EXERCISED : 'it notifies the driver before DRIVER_OK';
      const status = register(fields, 'status');
      if (status !== undefined && event.kind === 'access' && event.writes) {
        scene.set(0, (status.value & DRIVER_OK) === 0 ? 0 : 1);
        return null;
      }
      if (!queue.isDevice(event) || !queue.consumes(event, fields)) return null;
      return live ? EXERCISED : 'it consumes a buffer before DRIVER_OK';
    },
  };
}

/** Phases, after 0: never enabled. */
const IN_USE = 1;
const RESET = 2;
/** In use, and the driver has asked for a reset of the queue. */
const ASKED = 3;

/** Own word: whether the queue was in use, and was reset since. */
function quiet(queue: LivingQueue): Judge {
  return {
    hears: [...queue.parts, 'register'],
    words: 1,
    outlivesReset: true,
    minds: queue.isInterrupt,
    step(scene, event, fields) {
      const phase = scene.get(0);
      if (queue.isInterrupt(event)) return phase === RESET ? 'it notifies the driver after a reset' : null;
      if (event.kind !== 'access') return null;
      const ready = register(fields, 'ready');
      const status = register(fields, 'status');
      const reset = register(fields, 'reset');
      if (ready !== undefined && event.writes && ready.value !== 0 && queue.isDriver(event)) {
        scene.set(0, IN_USE);
        return null;
      }
      if (reset !== undefined && event.writes && reset.value !== 0 && queue.isDriver(event)) {
        if (phase === IN_USE) scene.set(0, ASKED);
        return null;
      }
      const confirmed = phase === ASKED ? (ready ?? reset ?? status) : (ready ?? status);
      if (confirmed?.value === 0 && event.writes && queue.isDevice(event)) {
        const inUse = phase === IN_USE || phase === ASKED;
        if (inUse) scene.set(0, RESET);
        return exercisedIf(inUse);
      }
      const touches = queue.isDevice(event) && fields.some(({ part }) => queue.parts.includes(part));
      return touches && phase === RESET ? `it accesses ${event.name} after a reset` : null;
    },
  };
}
