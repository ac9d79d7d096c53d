import fc from 'fast-check';
import { it } from 'vitest';
import { check } from 'vqcheck/checker';
import { locationAt } from 'vqcheck/memory';
import { engineOrders, movingPrograms, naiveOrders, WRONG_MOVES } from './naiveMoves.ts';
import { move, never, neverInOrder, once, report, SLOTS, tiny, x, y } from './support.ts';
for (const rule of ['defined', 'a return after a call waits for the next access'] as const)
for (const movesOnly of [true, false])
it(`moves ${movesOnly} ${rule}`, () => {
  const ps = fc.sample(movingPrograms, { seed: 6, numRuns: 1500 });
  const bad: [number, string][] = []; let total = 0, skip = 0; const t = performance.now();
  for (const p of ps) {
    const naive = naiveOrders(p, movesOnly, rule);
    if (naive.size > 2000) { skip++; continue; }
    total += naive.size;
    const engine = engineOrders(p, movesOnly);
    const missing = [...naive].filter((e) => !engine.has(e));
    const extra = [...engine].filter((e) => !naive.has(e));
    if (missing.length + extra.length > 0) bad.push([JSON.stringify(p).length, JSON.stringify({ p, missing: missing.slice(0, 3), extra: extra.slice(0, 3), m: missing.length, e: extra.length })]);
  }
  bad.sort((a, b) => a[0] - b[0]);
  console.log(movesOnly, rule, { total, skip, bad: bad.length, ms: performance.now() - t });
  if (rule !== 'defined') for (const [, b] of bad.slice(0, 2)) console.log(b);
});
it('power', () => {
  const ps = fc.sample(movingPrograms, { seed: 6, numRuns: 600 });
  for (const mo of [true, false]) for (const w of WRONG_MOVES) {
    let first = -1, n = 0;
    for (const [i, p] of ps.entries()) {
      const a = naiveOrders(p, mo), b = naiveOrders(p, mo, w);
      if ([...a].some((e) => !b.has(e)) || [...b].some((e) => !a.has(e))) { n++; if (first < 0) first = i; }
    }
    console.log(mo, w, { first, n });
  }
});
it('private payload', () => {
  const a = once((port) => { port.store(x, 1, 'relaxed'); port.readRange(SLOTS[0], new Uint8Array(4)); });
  const b = once((port) => { if (port.load(x, 'relaxed') === 1) move(port, 'reserve'); });
  const p = never((e) => e.kind === 'payload' && e.state === 'reserved');
  for (const merge of [true, false]) console.log('payload', merge, check(tiny({ a, b }, { withSlots: true, properties: [p] }), { merge }).verdict);
  // failing cas told as a write
  const c = once((port) => { port.cas(x, 5, 6, 'relaxed', 'relaxed'); });
  const w = never((e) => e.kind === 'access' && e.writes);
  for (const merge of [true, false]) console.log('cas', check(tiny({ a: c, b: c }, { watchAccesses: true, properties: [w] }), { merge }).verdict);
  // undo clobbers
  const d = once((port) => port.op('try', {}, () => { const v = port.load(x, 'relaxed'); port.store(x, 7, 'relaxed'); port.store(x, v, 'relaxed'); return false; }));
  const o = once((port) => { port.store(x, 3, 'relaxed'); });
  const r: string[] = [];
  const k = never((e) => { if (e.kind === 'return') r.push(e.changed.join()); return false; });
  check(tiny({ d, o }, { properties: [k] })); console.log('changed', r);
  // private rmw told before the fence it waits for
  const own = locationAt('shared', 16, 32);
  const f = once((port) => { port.store(x, 1, 'relaxed'); port.rmw(own, 'add', 1, 'seq_cst'); });
  const g = once((port) => { if (port.load(x, 'relaxed') === 0) report(port, 'late'); });
  for (const merge of [true, false]) {
   const q = neverInOrder((e) => e.kind === 'access' && e.byteOffset === 16 ? 'rmw' : e.kind === 'access' && e.agent === 1 ? 'load' : e.kind === 'call' ? 'zero' : null, (s) => s.join() === 'rmw,load,zero');
   console.log('rmw', merge, check(tiny({ f, g }, { watchAccesses: true, properties: [q] }), { merge, memory: 'tso' }).verdict);
  }
});
