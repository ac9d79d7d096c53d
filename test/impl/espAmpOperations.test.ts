import { describe, expect, it } from 'vitest';
import { ESP_ERR_NOT_FOUND, ESP_OK, espAmpOperations, type OperationSpec } from 'vqcheck/impl';
import { newOut, newSystem } from './system.ts';

function spec(name: string): OperationSpec {
  const found = espAmpOperations[name];
  if (found === undefined) throw new Error(`no specification of ${name}`);
  return found;
}

describe('espAmpOperations', () => {
  it('specifies every operation that the implementation performs', () => {
    const { main, sub } = newSystem();
    const out = newOut();
    main.queue.main_init(main.sysInfo, 1, 4, true, 1);
    main.sysInfo.alloc(2, 4);
    sub.queue.sub_init(sub.sysInfo, false, 1);
    main.queue.alloc_try(out, 4);
    main.queue.send_try(out.address, 4);
    sub.swIntr.sw_intr_init();
    sub.queue.intr_enable(sub.swIntr, 3);
    sub.swIntr.trigger(0);
    sub.swIntr.delete_handler(3, 1);
    sub.queue.recv_try(out);
    sub.queue.free_try(out.address);
    const performed = new Set([...main.port.operations, ...sub.port.operations]);
    expect([...performed].sort()).toEqual(Object.keys(espAmpOperations).sort());
  });

  it('reserves and takes at a successful return, by the out-parameter of that moment', () => {
    const args = { queue: 'queue', size: 5, out: { address: 100, size: 7 } };
    expect(spec('alloc_try').onReturn?.(args, ESP_OK)).toEqual({ event: 'reserve', address: 100 });
    expect(spec('alloc_try').onReturn?.(args, ESP_ERR_NOT_FOUND)).toBeNull();
    expect(spec('recv_try').onReturn?.(args, ESP_OK)).toEqual({ event: 'take', address: 100, length: 7 });
    expect(spec('recv_try').onReturn?.(args, ESP_ERR_NOT_FOUND)).toBeNull();
    expect(spec('alloc_try').onCall).toBeUndefined();
  });

  it('publishes and releases at the call, and undoes it when refused', () => {
    const args = { queue: 'queue', buffer: 100, size: 5 };
    expect(spec('send_try').onCall?.(args)).toEqual({ event: 'publish', address: 100, length: 5 });
    expect(spec('send_try').onReturn?.(args, ESP_OK)).toBeNull();
    expect(spec('send_try').onReturn?.(args, 0x10d)).toEqual({ event: 'publish.failed', address: 100 });
    expect(spec('free_try').onCall?.(args)).toEqual({ event: 'release', address: 100 });
    expect(spec('free_try').onReturn?.(args, ESP_OK)).toBeNull();
    expect(spec('free_try').onReturn?.(args, 0x10d)).toEqual({ event: 'release.failed', address: 100 });
  });

  it('knows the documented codes, and which results are success', () => {
    expect(spec('alloc_try').codes).toEqual({
      0: 'OK',
      257: 'NO_MEM',
      261: 'NOT_FOUND',
      262: 'NOT_SUPPORTED',
    });
    expect(spec('send_try').succeeded(ESP_OK)).toBe(true);
    expect(spec('send_try').succeeded(7)).toBe(false);
    expect(spec('sys_info_alloc').succeeded(0)).toBe(false);
    expect(spec('sys_info_alloc').succeeded(48)).toBe(true);
    expect(spec('sys_info_reserve').succeeded(null)).toBe(false);
    expect(spec('sys_info_publish').succeeded(undefined)).toBe(true);
    expect(spec('sw_intr_add_handler').codes?.[-1]).toBe('FULL');
    expect([0, -1].map((result) => spec('sw_intr_add_handler').succeeded(result))).toEqual([true, false]);
  });

  it('refuses arguments that are not those of the operation', () => {
    expect(() => spec('send_try').onCall?.({})).toThrow('buffer: expected a number');
    expect(() => spec('recv_try').onReturn?.({ out: [] }, ESP_OK)).toThrow('out: expected a record');
  });
});
