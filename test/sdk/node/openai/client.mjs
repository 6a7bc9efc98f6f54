import OpenAI from 'openai';

/** A client of the gateway, which the environment names. It does not retry, so
 *  that a test sees the first error. */
export const client = new OpenAI({ maxRetries: 0 });

export const prompt = process.env.PROMPT;

export const chat = (model) => ({ model, messages: [{ role: 'user', content: prompt }] });

export const completion = (model) => ({ model, prompt });

export const tool = {
  type: 'function',
  function: {
    name: 'tide_table',
    parameters: { type: 'object', properties: { input: { type: 'string' } } },
  },
};

const content = (chunk) => chunk.choices[0]?.delta?.content ?? '';

/** The ways in which a program may take a streamed answer. Each hands every
 *  piece of text to take, and returns when the answer is whole. */
export const stylesOf = (client) => ({
  async 'chat, for await'(model, take, options) {
    const stream = await client.chat.completions.create({ ...chat(model), stream: true }, options);
    for await (const chunk of stream) take(content(chunk));
  },
  async 'chat, withResponse'(model, take, options) {
    const { data } = await client.chat.completions.create({ ...chat(model), stream: true }, options).withResponse();
    for await (const chunk of data) take(content(chunk));
  },
  async 'chat, tee'(model, take, options) {
    const stream = await client.chat.completions.create({ ...chat(model), stream: true }, options);
    const [left, right] = stream.tee();
    const ends = await Promise.allSettled([
      (async () => { for await (const chunk of left) take(content(chunk)); })(),
      (async () => { for await (const chunk of right) content(chunk); })(),
    ]);
    const broken = ends.filter((end) => end.status === 'rejected');
    if (broken.length === 1) throw new RangeError('one branch ended as if the answer were whole');
    if (broken.length === 2) throw broken[0].reason;
  },
  async 'chat, toReadableStream'(model, take, options) {
    const stream = await client.chat.completions.create({ ...chat(model), stream: true }, options);
    const lines = stream.toReadableStream().pipeThrough(new TextDecoderStream());
    let rest = '';
    for await (const piece of lines) {
      const whole = (rest + piece).split('\n');
      rest = whole.pop();
      for (const line of whole) take(content(JSON.parse(line)));
    }
  },
  async 'chat.stream, finalChatCompletion'(model, take, options) {
    const stream = client.chat.completions.stream(chat(model), options);
    stream.on('content', take);
    await stream.finalChatCompletion();
  },
  async 'chat.stream, finalContent'(model, take, options) {
    const stream = client.chat.completions.stream(chat(model), options);
    take(await stream.finalContent());
  },
  async 'chat.stream, for await'(model, take, options) {
    const stream = client.chat.completions.stream(chat(model), options);
    for await (const chunk of stream) take(content(chunk));
  },
  async 'chat.stream, events'(model, take, options) {
    const stream = client.chat.completions.stream(chat(model), options);
    stream.on('content', take);
    await new Promise((resolve, reject) => {
      let failed = false;
      stream.on('error', (error) => { failed = true; reject(error); });
      stream.on('abort', (error) => { failed = true; reject(error); });
      stream.on('end', () => { if (!failed) resolve(); });
    });
  },
  async 'chat.runTools'(model, take, options) {
    const stream = client.chat.completions.runTools({ ...chat(model), stream: true, tools: [] }, options);
    stream.on('content', take);
    await stream.done();
  },
  async 'completions, for await'(model, take, options) {
    const stream = await client.completions.create({ ...completion(model), stream: true }, options);
    for await (const chunk of stream) take(chunk.choices[0]?.text ?? '');
  },
});

export const styles = stylesOf(client);

/** Calls that are answered in one piece. */
export const wholes = {
  chat: (model, options) => client.chat.completions.create(chat(model), options),
  completions: (model, options) => client.completions.create(completion(model), options),
  embeddings: (model, options) => client.embeddings.create({ model, input: prompt }, options),
};

/** The points at which a provider may be silent for ever when its client leaves.
 *  Nothing but the leaving can end such a call here. */
export const silences = {
  'before the headers': 'header_delay=forever',
  'before the first event': 'first_delay=forever',
  'mid-stream': 'tokens=8,stall=forever,stall_at=4',
};

/** Whether an SDK's loop throws or just ends after the program's own abort
 *  differs by style; another error than the abort's is none of them. */
export const quietly = (error) => {
  if (!(error instanceof OpenAI.APIUserAbortError || error?.name === 'AbortError')) throw error;
};
