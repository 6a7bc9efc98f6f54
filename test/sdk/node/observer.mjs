// What tests need besides the SDK: scripts for the provider, and what the
// provider sees. ../observer_test.go answers.

const observer = process.env.OBSERVER_URL;

async function get(path, parameters) {
  const response = await fetch(`${observer}${path}?${new URLSearchParams(parameters)}`);
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return response.json();
}

let models = 0;

/** A model name that carries a script and that no other call has. */
export const model = (script) => `script:${script},seed=${++models}`;

/** The text of an answer of so many tokens. */
export const text = (tokens) => get('/text', { tokens });

/** The provider's calls for a model. */
export const calls = (model) => get('/calls', { model });

/** Waits until the provider has fallen silent. */
export const stalled = (model) => get('/wait', { model, until: 'stalled' });

/** Waits until the provider's call has ended, and says how. */
export const ending = async (model) => (await get('/wait', { model, until: 'ended' })).ending;

/** A test's limit: what takes this long will never end. */
export const patience = { timeout: 60_000 };
