import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const run = promisify(execFile);

describe('examples/virtio', () => {
  it('moves 20,000 chains over either layout between two threads, and says how fast', async () => {
    const { stdout } = await run(process.execPath, ['dist/examples/virtio.js', '1,2,16,256', '20000']);
    const lines = stdout.trim().split('\n');
    const expected = ['split', 'packed'].flatMap((layout) =>
      [1, 2, 16, 256].map(
        (size) => `${layout}, ${size} descriptors: 5000 chains there and back, every byte as written`,
      ),
    );
    expect(lines.map((line) => line.replace(/, \d+\.\d\d M\/s$/, ''))).toEqual(expected);
    expect(lines.join()).not.toContain('NaN');
  });
});
