// Before the page is drawn, so that it does not flash in the other colours.
{
  const names = ['system', 'light', 'dark']
  let now = 'system'
  try {
    now = localStorage.getItem('tidegate.theme') ?? now
  } catch {
    // Storage may be forbidden: then the choice lasts as long as the page.
  }
  const show = () => {
    document.documentElement.dataset.theme = now
    const button = document.getElementById('theme')
    if (button) button.textContent = `◐ ${now}`
  }
  show()
  document.addEventListener('DOMContentLoaded', () => {
    show()
    document.getElementById('theme').addEventListener('click', () => {
      now = names[(names.indexOf(now) + 1) % names.length]
      try {
        localStorage.setItem('tidegate.theme', now)
      } catch {
        // As above.
      }
      show()
    })
  })
}
