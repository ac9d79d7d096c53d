/**
 * The barriers that the specification asks a driver for; the same for both layouts. A `seq_cst` store has a full fence
 * behind it, and a `seq_cst` load or read-modify-write one before it, as the port has it.
 */
import type { AccessEvent, MonitorEvent } from '../../../properties/index.ts';
import { exercisedIf, type Judge, releases, type Scene, type ValuedField } from './judge.ts';

/** What has come since the last publication. */
const NOTHING = 0;
const UNORDERED = 1;
const ORDERED = 2;

export interface BarrierParts {
  readonly hears: readonly string[];
  readonly keeps?: readonly string[];
  readonly words?: number;
  begin?(scene: Scene, start: number): void;
  isDriver(event: MonitorEvent): boolean;
  /** `kindOf` wants to be told of the device's accesses, too. */
  readonly hearsPeer?: true;
  /** What the access does; `publishes` wins. Own words from 1 on are its. */
  kindOf(
    scene: Scene,
    event: AccessEvent,
    fields: readonly ValuedField[],
  ): 'publishes' | 'prepares' | 'asks' | null;
}

/** Between the last store of what is published and the store that publishes it. Own word 0: what has come. */
export function publishBarrier(parts: BarrierParts): Judge {
  return {
    ...judgeBase(parts, ({ order }) => order !== 'acquire'),
    step(scene, event, fields) {
      if (!isHeard(parts, scene, event, fields)) return null;
      if (event.kind === 'fence') {
        if (scene.get(0) === UNORDERED) scene.set(0, ORDERED);
        return null;
      }
      if (event.kind !== 'access') return null;
      const kind = parts.kindOf(scene, event, fields);
      const before = scene.get(0);
      if (kind === 'publishes') {
        scene.set(0, NOTHING);
        if (before === UNORDERED && !releases(event))
          return `${event.name} is stored ${event.order}, with no barrier behind the stores of what it publishes`;
        return exercisedIf(before !== NOTHING);
      }
      if (kind === 'prepares') scene.set(0, isFull(event) ? ORDERED : UNORDERED);
      else if (before === UNORDERED && isFull(event)) scene.set(0, ORDERED);
      return null;
    },
  };
}

/** Between the store that publishes and the load that asks whether the device wants a notification. */
export function kickBarrier(parts: BarrierParts): Judge {
  return {
    ...judgeBase(parts, ({ order }) => order === 'seq_cst'),
    step(scene, event, fields) {
      if (!isHeard(parts, scene, event, fields)) return null;
      const before = scene.get(0);
      if (event.kind === 'fence') {
        if (before === UNORDERED) scene.set(0, ORDERED);
        return null;
      }
      if (event.kind !== 'access') return null;
      const kind = parts.kindOf(scene, event, fields);
      if (kind === 'publishes') {
        scene.set(0, isFull(event) ? ORDERED : UNORDERED);
        return null;
      }
      if (kind === 'asks') {
        scene.set(0, NOTHING);
        if (before === UNORDERED && event.order !== 'seq_cst')
          return `${event.name} is loaded ${event.order}, with no full barrier behind the store that publishes`;
        return exercisedIf(before !== NOTHING);
      }
      if (before === UNORDERED && isFull(event)) scene.set(0, ORDERED);
      return null;
    },
  };
}

/** Whether it is the driver's event; of others its parts may want to take note. */
function isHeard(
  parts: BarrierParts,
  scene: Scene,
  event: MonitorEvent,
  fields: readonly ValuedField[],
): boolean {
  if (parts.isDriver(event)) return true;
  if (parts.hearsPeer === true && event.kind === 'access') parts.kindOf(scene, event, fields);
  return false;
}

function judgeBase(parts: BarrierParts, orders: (fence: { readonly order: string }) => boolean) {
  return {
    hears: parts.hears,
    ...(parts.keeps === undefined ? {} : { keeps: parts.keeps }),
    words: 1 + (parts.words ?? 0),
    ...(parts.begin === undefined ? {} : { begin: parts.begin }),
    minds: (event: MonitorEvent): boolean => event.kind === 'fence' && parts.isDriver(event) && orders(event),
  };
}

/** A store with a full fence behind it, or a read-modify-write with one. */
function isFull({ order, writes, update }: AccessEvent): boolean {
  return order === 'seq_cst' && (writes || update);
}
