import { builtInTargets } from 'vqcheck/scenarios';
import { startCheck } from 'vqcheck/checker';
const [,, names='in-order,any-order', slots='1,2', mems='sc,tso,pso,rc11', defects='', limit='60', without=''] = process.argv;
for (const sc of builtInTargets[1].scenarios) {
  if (names !== 'all' && !names.split(',').includes(sc.name)) continue;
  for (const s of slots.split(',').map(Number)) for (const memory of mems.split(',')) {
    const p = { slots: s, memory, defects: defects ? defects.split(',') : [] };
    if (sc.refuse(p)) continue;
    const row = [];
    for (const races of without ? [false, true] : [true]) {
      const sys = sc.system(p);
      const t = Date.now();
      const se = startCheck(sys, { memory, ...(races ? {} : { properties: sys.properties.map(q=>q.name).filter(n=>n!=='no-data-race') }) });
      while (!se.advance(20000)) if (Date.now()-t > limit*1000) { se.stop('time'); break; }
      const r = se.result();
      row.push(`${r.verdict} ${r.states} ${(Date.now()-t)/1000}s ${(r.bytes/1e6).toFixed(0)}MB ${se.restarts} restarts` + r.violations.map(v=>`\n     ${v.property} [${v.schedule.length}]: ${v.message}`).join('') + (r.error?.message ?? ''));
    }
    console.log(sc.name, s, memory, '|', row.join(' | '));
  }
}
