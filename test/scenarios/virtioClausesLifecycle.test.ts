/** Clauses that the registers of a device decide on: initialization, resets, and what is allowed when. */
import { describe, expect, it } from 'vitest';
import {
  packed_desc_t,
  packedGeometry,
  split_avail_elem_t,
  split_avail_t,
  split_desc_t,
  splitGeometry,
} from 'vqcheck/impl';
import { struct, u32 } from 'vqcheck/memory';
import { type ClauseRegisters, packedClauses, splitClauses } from 'vqcheck/scenarios';
import { ClauseRun, DEVICE, DRIVER, type Finding, judged, type Place } from './clauseRuns.ts';

const registers_t = struct('registers', {
  status: u32('seq_cst'),
  status_write: u32('seq_cst'),
  driver_features: u32('seq_cst'),
  driver_features_high: u32('seq_cst'),
  device_features: u32('seq_cst'),
  device_features_high: u32('seq_cst'),
  ready: u32('seq_cst'),
  reset: u32('seq_cst'),
  size: u32('seq_cst'),
  desc: u32('seq_cst'),
  driver: u32('seq_cst'),
  device: u32('seq_cst'),
});
const REGISTERS = 0x300;
const place: Place = { type: registers_t, at: REGISTERS };
const MARK = 0x8000_0000;
const at = (field: keyof typeof registers_t.offsets): number => REGISTERS + registers_t.offsets[field];
const registers: ClauseRegisters = {
  status: at('status'),
  statusWrite: at('status_write'),
  writtenMark: MARK,
  driverFeatures: [at('driver_features'), at('driver_features_high')],
  deviceFeatures: [at('device_features'), at('device_features_high')],
  ready: at('ready'),
  reset: at('reset'),
  size: at('size'),
  desc: at('desc'),
  driver: at('driver'),
  device: at('device'),
};
const geometry = splitGeometry(0, 2);
const desc: Place = { type: split_desc_t, at: geometry.desc };
const avail: Place = { type: split_avail_t, at: geometry.avail };
const ring: Place = { type: split_avail_elem_t, at: geometry.avail + split_avail_t.bytes };

const common = {
  driverCore: DRIVER,
  deviceCore: DEVICE,
  features: {},
  kick: { name: 'ring', argument: DEVICE },
  interrupt: { name: 'ring', argument: DRIVER },
  registers,
};

class Life extends ClauseRun {
  /** The driver writes the status, and the device takes it on. */
  status(value: number): this {
    return this.store(DRIVER, place, 'status_write', value + MARK, 'seq_cst')
      .store(DEVICE, place, 'status', value, 'seq_cst')
      .store(DEVICE, place, 'status_write', 0, 'seq_cst');
  }

  readsStatus(value: number): this {
    return this.load(DRIVER, place, 'status', value, 'seq_cst');
  }

  /** Up to FEATURES_OK, read back. */
  begin(): this {
    return this.status(0).status(1).status(3).status(11).readsStatus(11);
  }

  enable(): this {
    return this.store(DRIVER, place, 'ready', 1, 'seq_cst');
  }

  /** The driver publishes a buffer, and the device looks at it. */
  publish(index = 1): this {
    return this.store(DRIVER, desc, 'len', 4).store(DRIVER, avail, 'idx', index);
  }

  consume(): this {
    return this.load(DEVICE, ring, 'head', 0);
  }
}

const life = (): Life => new Life();
const find = (name: string, run: ClauseRun): Finding =>
  judged(splitClauses({ ...common, geometry }), name, run);

function holds(name: string, run: ClauseRun, exercised: number): void {
  expect(find(name, run)).toEqual({ broken: null, exercised });
}

function breaks(name: string, run: ClauseRun, message: string): void {
  expect(find(name, run).broken).toBe(message);
}

describe('VirtIO 1.2, the life of a device', () => {
  it('has no monitors without registers', () => {
    const { registers: _registers, ...without } = common;
    const names = splitClauses({ ...without, geometry }).filter(({ monitor }) => monitor === undefined);
    for (const name of [
      'sd12-initialization-order',
      'sd12-no-early-kick',
      'sd14-reset-confirmed',
      'sv9-quiet-after-reset',
    ])
      expect(names.map((one) => one.name)).toContain(name);
  });

  it('3.1.1: the status is set step by step', () => {
    const name = 'sd12-initialization-order';
    holds(name, life().begin().status(15), 5);
    holds(name, life().begin().status(15).status(0).begin().status(15), 11);
    breaks(name, life().status(1), 'it sets a bit of the status before it has reset the device');
    breaks(name, life().status(0).status(2), 'it sets bit 2 of the status before bit 1');
    breaks(name, life().status(0).status(1).status(3).status(7), 'it sets bit 4 of the status before bit 8');
    breaks(name, life().begin().status(9), 'it clears bit 2 of the status');
    breaks(
      name,
      life().status(0).status(1).status(3).status(11).status(15),
      'it sets DRIVER_OK, and has not read FEATURES_OK back',
    );
    const refused = life().status(0).status(1).status(3).status(11).readsStatus(3);
    breaks(name, refused.status(15), 'it sets DRIVER_OK, and has not read FEATURES_OK back');
    breaks(
      name,
      life().begin().store(DRIVER, place, 'driver_features', 1),
      'it accepts features after FEATURES_OK',
    );
    breaks(
      name,
      life()
        .begin()
        .status(11 + 128)
        .status(15 + 128),
      'it goes on after FAILED without a reset',
    );
  });

  it('3.1.1: no notification before DRIVER_OK', () => {
    const name = 'sd12-no-early-kick';
    holds(name, life().begin().status(15).action(DRIVER, 'ring', DEVICE), 1);
    const message = 'it notifies the device, and has not set DRIVER_OK';
    breaks(name, life().begin().action(DRIVER, 'ring', DEVICE), message);
    breaks(name, life().begin().status(15).status(0).action(DRIVER, 'ring', DEVICE), message);
  });

  it('2.6.1.1.2: the driver sees a queue reset before it uses its memory', () => {
    const name = 'sd14-reset-confirmed';
    const asked = (): Life => life().enable().publish().store(DRIVER, place, 'reset', 1, 'seq_cst');
    const done = (): Life =>
      asked()
        .store(DEVICE, place, 'ready', 0)
        .store(DEVICE, place, 'reset', 0)
        .load(DRIVER, place, 'reset', 0);
    holds(name, done().publish(), 1);
    breaks(
      name,
      asked().load(DRIVER, place, 'reset', 1).store(DRIVER, desc, 'len', 1),
      'it stores virtq_desc.len, and has not seen that the queue was reset',
    );
    // A driver that loses patience may reset the whole device: then nobody uses the queue either.
    holds(name, asked().load(DRIVER, place, 'reset', 1).status(0).readsStatus(0).publish(), 1);
    breaks(
      name,
      asked().readsStatus(15).store(DRIVER, desc, 'len', 1),
      'it stores virtq_desc.len, and has not seen that the queue was reset',
    );
  });

  it('2.1.2: the device does nothing before DRIVER_OK', () => {
    const name = 'sv1-not-before-driver-ok';
    holds(name, life().begin().enable().publish().status(15).consume(), 1);
    breaks(name, life().begin().enable().publish().consume(), 'it consumes a buffer before DRIVER_OK');
    breaks(name, life().begin().action(DEVICE, 'ring', DRIVER), 'it notifies the driver before DRIVER_OK');
    const packed = packedGeometry(0, 2);
    const clauses = packedClauses({ ...common, geometry: packed });
    const early = life().begin().load(DEVICE, { type: packed_desc_t, at: packed.ring }, 'addr', 0);
    expect(judged(clauses, name, early).broken).toBe('it consumes a buffer before DRIVER_OK');
  });

  it('2.4.1, 2.6.1.1.1: after a reset the device leaves the queue alone', () => {
    const name = 'sv9-quiet-after-reset';
    const live = (): Life => life().begin().enable().status(15).publish().consume();
    holds(name, live().status(0), 1);
    breaks(name, live().status(0).consume(), 'it accesses virtq_avail_elem.head after a reset');
    breaks(name, live().status(0).action(DEVICE, 'ring', DRIVER), 'it notifies the driver after a reset');
    const queueReset = live().store(DEVICE, place, 'ready', 0).store(DEVICE, place, 'reset', 0);
    breaks(name, queueReset.load(DEVICE, avail, 'idx', 0), 'it accesses virtq_avail.idx after a reset');
    holds(name, live().store(DEVICE, place, 'ready', 0).enable().consume(), 1);
    // That it leaves the queue ready is one fault, that it goes on with it another.
    const reset = (): Life =>
      live().store(DRIVER, place, 'reset', 1).consume().store(DEVICE, place, 'reset', 0);
    breaks(name, reset().consume(), 'it accesses virtq_avail_elem.head after a reset');
    holds(name, reset().enable().consume(), 1);
    // A device may say that no reset is under way when nobody has asked for one.
    holds(name, live().store(DEVICE, place, 'reset', 0).consume(), 0);
  });

  it('3.3.1: buffers that are exposed may be changed while the device is not live', () => {
    const name = 'sd13-exposed-unchanged';
    holds(name, life().publish().store(DRIVER, desc, 'len', 5), 0);
    breaks(
      name,
      life().publish().status(15).store(DRIVER, desc, 'len', 5),
      'desc[0].len goes from 4 to 5 while the chain of head 0 is out',
    );
    holds(name, life().publish().status(15).status(0).store(DRIVER, desc, 'len', 5), 0);
  });

  it('2.7.6.1: avail.idx may begin anew after a reset', () => {
    const name = 'sd6-available-index-forward';
    breaks(name, life().publish(2).store(DRIVER, avail, 'idx', 0), 'avail.idx goes from 2 to 0');
    const anew = life().publish(2).store(DEVICE, place, 'ready', 0).call(DRIVER, 'init');
    holds(name, anew.store(DRIVER, avail, 'idx', 0).return(DRIVER, 'init').publish(1), 2);
  });

  it('2.7.1: addresses told to the device are aligned', () => {
    holds('sd1-alignment', life().store(DRIVER, place, 'desc', 32).store(DRIVER, place, 'driver', 2), 2);
    breaks(
      'sd1-alignment',
      life().store(DRIVER, place, 'device', 6),
      'the used ring begins at 6, which is no multiple of 4',
    );
  });
});
