import { describe, expect, it } from 'vitest';
import { ESP_ERR_NOT_FOUND, ESP_OK, firstBlock, next_block, SysInfo } from 'vqcheck/impl';
import { newOut, newSystem } from './system.ts';

describe('sys_info', () => {
  it('hands out blocks one behind the other, each found by its id with its size not rounded', () => {
    const { main, sub, geometry } = newSystem();
    const first = main.sysInfo.alloc(7, 5);
    const second = main.sysInfo.alloc(8, 12);
    expect(first).toBe(firstBlock(geometry.hp));
    expect(second).toBe(first + 8 + 8);
    expect(next_block(first, 5)).toBe(second);
    const out = newOut();
    expect(sub.sysInfo.get(7, out)).toBe(ESP_OK);
    expect(out).toEqual({ address: first, size: 5 });
    expect(sub.sysInfo.get(8, out)).toBe(ESP_OK);
    expect(out).toEqual({ address: second, size: 12 });
  });

  it('does not find what is not there', () => {
    const { main, sub } = newSystem();
    const out = newOut();
    expect(sub.sysInfo.get(7, out)).toBe(ESP_ERR_NOT_FOUND);
    main.sysInfo.alloc(7, 4);
    expect(sub.sysInfo.get(8, out)).toBe(ESP_ERR_NOT_FOUND);
    expect(sub.sysInfo.get(7, out, 'rtc')).toBe(ESP_ERR_NOT_FOUND);
    expect(out).toEqual({ address: 0, size: 0 });
  });

  it('keeps the two pools apart: the same id may be in both', () => {
    const { main, sub, geometry } = newSystem();
    const out = newOut();
    expect(main.sysInfo.alloc(7, 4, 'hp')).toBe(firstBlock(geometry.hp));
    const rtc = main.sysInfo.alloc(7, 8, 'rtc');
    expect(rtc).toBe((geometry.rtc?.base ?? 0) + 16);
    expect(sub.sysInfo.get(7, out, 'rtc')).toBe(ESP_OK);
    expect(out).toEqual({ address: rtc, size: 8 });
  });

  it('refuses a taken id, a full or missing pool, and what 16 bits cannot hold, and changes nothing', () => {
    const system = newSystem();
    const { main, geometry } = system;
    main.sysInfo.alloc(7, 4, 'rtc');
    const before = system.bytes();
    const left = (geometry.rtc?.size ?? 0) - 8 - 12 - 8;
    expect(main.sysInfo.alloc(7, 4, 'rtc')).toBe(0);
    expect(main.sysInfo.alloc(8, left + 1, 'rtc')).toBe(0);
    expect(main.sysInfo.alloc(8, 65_536 + 4)).toBe(0);
    expect(main.sysInfo.alloc(65_536 + 8, 4)).toBe(0);
    expect(main.sysInfo.alloc(8, -4)).toBe(0);
    const { hp } = geometry;
    expect(new SysInfo(main.port, { hp }).alloc(8, 4, 'rtc')).toBe(0);
    expect(new SysInfo(main.port, { hp }).get(8, newOut(), 'rtc')).toBe(ESP_ERR_NOT_FOUND);
    expect(system.bytes()).toEqual(before);
    expect(main.sysInfo.alloc(8, left, 'rtc')).toBeGreaterThan(0);
    expect(main.sysInfo.alloc(9, 0, 'rtc')).toBe(0);
  });

  it('shows a reserved block to nobody until it is published', () => {
    const { main, sub } = newSystem();
    const out = newOut();
    const reservation = main.sysInfo.reserve(7, 4);
    if (reservation === null) throw new Error('no room');
    expect(sub.sysInfo.get(7, out)).toBe(ESP_ERR_NOT_FOUND);
    main.sysInfo.prepare(reservation);
    expect(sub.sysInfo.get(7, out)).toBe(ESP_ERR_NOT_FOUND);
    main.sysInfo.publish(reservation);
    expect(sub.sysInfo.get(7, out)).toBe(ESP_OK);
    expect(out.address).toBe(reservation.address);
  });

  it('links by release and looks up by acquire', () => {
    const { main, sub } = newSystem();
    main.port.accesses.length = 0;
    main.sysInfo.alloc(7, 4);
    expect(main.port.shared().at(-1)?.[4]).toBe('release');
    sub.sysInfo.get(7, newOut());
    expect(sub.port.shared()[0]?.[4]).toBe('acquire');
  });

  it('ends its walk over a list that has become a circle', () => {
    const { main, sub, geometry, shared } = newSystem();
    const address = main.sysInfo.alloc(7, 4);
    new DataView(shared).setUint32(address - 4, address - 8, true);
    expect(sub.sysInfo.get(8, newOut())).toBe(ESP_ERR_NOT_FOUND);
    expect(main.sysInfo.alloc(8, 4)).toBe(0);
    expect(sub.port.accesses.length).toBeLessThan(geometry.hp.size);
  });

  it('refuses pools that cannot be', () => {
    const { main } = newSystem();
    expect(() => new SysInfo(main.port, { hp: { base: 0, size: 64 } })).toThrow(RangeError);
    expect(() => new SysInfo(main.port, { hp: { base: 34, size: 64 } })).toThrow(RangeError);
    expect(() => new SysInfo(main.port, { hp: { base: 32, size: 64 }, rtc: { base: 96, size: 4 } })).toThrow(
      RangeError,
    );
  });
});
