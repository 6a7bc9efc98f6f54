// Runs the calls that the Go tests ask for, with one SDK: a line of JSON each
// on standard input, a line of JSON with what came of it on standard output. A
// line {"cancel": ID} stops a call, as a program does.
// ../worker_test.go is at the other end, styles/SDK.mjs has the SDK's ways to
// take an answer. What is right is not decided here.
import { createInterface } from 'node:readline';

const { default: styles } = await import(`./styles/${process.argv[2]}.mjs`);

const report = (result) => process.stdout.write(`${JSON.stringify(result)}\n`);

// What nobody catches is a failure of its own: a program would die of it.
process.on('unhandledRejection', (error) => report({ id: 0, unhandled: String(error?.stack ?? error) }));

/** The status of an answer that was refused, wherever the SDK has it. */
const statusOf = (error) => error?.status ?? error?.statusCode ?? error?.code ?? 0;

/** What an error says of itself: its classes, and the text of it and its causes. */
function describe(error) {
  const names = [], texts = [];
  for (let p = Object.getPrototypeOf(Object(error)); p && p !== Object.prototype; p = Object.getPrototypeOf(p)) names.push(p.constructor.name);
  for (let e = error, depth = 0; e && depth < 5; e = e.cause ?? e.lastError, depth++) texts.push(e.message ?? String(e));
  const status = Number(statusOf(error));
  return {
    names,
    message: texts.join(' <- '),
    status: Number.isInteger(status) ? status : 0,
  };
}

/** What makes the calls that run stop, by their id. */
const running = new Map();

async function run({ id, style, ...ask }) {
  const abort = new AbortController();
  running.set(id, abort);
  const got = { text: '', thought: '', tool: '', arguments: '', output: 0 };
  const take = {
    text: (s) => { got.text += s ?? ''; },
    thought: (s) => { got.thought += s ?? ''; },
    tool: (s) => { got.tool += s ?? ''; },
    arguments: (s) => { got.arguments += s ?? ''; },
    output: (n) => { got.output = n ?? got.output; },
  };
  let error = null;
  try {
    await styles[style]({ ...ask, signal: abort.signal }, take);
  } catch (e) {
    error = describe(e ?? new Error('nothing was thrown'));
  }
  running.delete(id);
  report({ id, ...got, error });
}

report({ id: 0, styles: Object.keys(styles) });
for await (const line of createInterface({ input: process.stdin })) {
  const said = JSON.parse(line);
  if (said.cancel) running.get(said.cancel)?.abort();
  else void run(said);
}
