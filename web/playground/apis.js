/** The APIs that a question can be asked over: what the request is, from a model and what was said. */
export const apis = {
  'chat.completions': (model, messages) => ({ body: { model, messages } }),
  responses: (model, input) => ({ body: { model, input } }),
  messages: (model, messages) => ({ body: { model, max_tokens: 8192, messages } }),
  // Its request does not name the model.
  generateContent: (model, messages) => ({
    model,
    body: { contents: messages.map(({ role, content }) => ({ role: role === 'user' ? role : 'model', parts: [{ text: content }] })) },
  }),
}

/** The text that an event brings, whichever of these APIs it is of. */
export function textOf(data) {
  if (data?.choices) return data.choices[0]?.delta?.content
  if (data?.type === 'response.output_text.delta') return data.delta
  if (data?.type === 'content_block_delta') return data.delta?.text
  return data?.candidates?.[0]?.content?.parts?.map(({ text = '' }) => text).join('')
}
