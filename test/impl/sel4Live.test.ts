import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const run = promisify(execFile);

describe('examples/sel4', () => {
  it('moves 600 messages of 1 byte to 64 KiB each way between two threads, and says how fast', async () => {
    const { stdout } = await run(process.execPath, ['dist/examples/sel4.js', '600']);
    const [first, second] = stdout.trim().split('\n');
    expect(first).toMatch(
      /^600 messages of 1 byte to 64 KiB, \d{8} bytes, arrived each way, in order, every byte as sent$/,
    );
    expect(second).toMatch(/^[1-9]\d* MB\/s$/);
  });
});
