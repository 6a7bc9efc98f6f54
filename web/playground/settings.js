const at = (id) => document.getElementById(id)
const fields = ['model', 'api', 'tokens', 'pace', 'fault', 'transport', 'window', 'hangup']

/** The name under which the scripted provider of "gateway demo" is offered. */
const demo = 'demo'

/** What the form says. */
export const settings = {
  get api() {
    return at('api').value
  },
  get transport() {
    return at('transport').value
  },
  get window() {
    return Number(at('window').value)
  },
  get hangup() {
    return at('hangup').checked
  },
  /** The model to ask for: a script where the provider plays one. */
  get model() {
    const model = at('model').value.trim()
    if (model !== demo) return model
    const tokens = Number(at('tokens').value)
    // Padded with random letters, as OpenAI pads its events: the others are so alike that the buffer holds 600.
    const script = [`tokens=${tokens}`, 'obfuscation=1']
    if (at('pace').value !== '0') script.push(`pace=${at('pace').value}`)
    const [fault] = at('fault').value.split('=')
    if (fault) script.push(at('fault').value)
    const when = { fault: 'at', stall: 'stall_at', huge: 'huge_at' }[fault]
    if (when) script.push(`${when}=${Math.round(tokens * 0.3)}`)
    return `script:${script.join(',')}`
  },
  /** Offers the models that the gateway names. */
  offer(models) {
    at('models').replaceChildren(...models.map((id) => Object.assign(document.createElement('option'), { value: id })))
    if (!models.includes(demo) && at('model').value === demo) at('model').value = models[0] ?? ''
    showScript()
  },
  save: () => Object.fromEntries(fields.map((id) => [id, at(id).type === 'checkbox' ? at(id).checked : at(id).value])),
  restore(saved) {
    for (const id of fields) {
      if (!(id in saved)) continue
      if (at(id).type === 'checkbox') at(id).checked = saved[id]
      else at(id).value = saved[id]
    }
    showScript()
  },
}

/** Scripts are for the scripted provider alone. */
function showScript() {
  for (const label of document.querySelectorAll('.scripted')) label.hidden = at('model').value.trim() !== demo
}
at('model').addEventListener('input', showScript)
