const STYLE = `
.row {display: flex; flex-wrap: wrap; gap: 6px; align-items: center; font-size: 13px}
.forms {display: inline-flex; gap: 6px}
.forms[hidden] {display: none}
button {font: inherit; color: inherit; cursor: pointer; background: transparent; padding: 3px 10px;
        border: 1px solid rgba(128,128,140,.6); border-radius: 4px}
button:hover {background: rgba(128,128,140,.15)}
button:disabled {cursor: progress; text-decoration: line-through}
button:focus-visible, pre:focus-visible {outline: 2px solid currentColor; outline-offset: 1px}
pre {font-size: 12px; line-height: 1.45; margin: 8px 0 0; padding: 8px 10px; overflow: auto; max-height: 320px;
     border: 1px solid rgba(128,128,140,.45); border-radius: 4px; user-select: text}
`
export function render({model, el}) {
  const made = (tag, text, more = {}) =>
    Object.assign(document.createElement(tag), text === null ? {} : {textContent: text}, more)
  const row = made("div", null, {className: "row"})
  const said = made("span", ""), text = made("pre", null, {tabIndex: 0})
  row.setAttribute("role", "group")
  row.setAttribute("aria-label", "Take away from: " + model.card)
  said.setAttribute("role", "status")
  text.setAttribute("role", "region")
  text.setAttribute("aria-label", "Code of: " + model.card)
  const button = (label, act) => {
    const one = made("button", label, {type: "button"})
    one.addEventListener("click", act)
    row.append(one)
    return one
  }
  button("Copy as code", async () => said.textContent =
    await copied() ? "Copied." : (show(true), select(), "The browser did not allow it: copy what is marked."))
  const see = button("Show code", () => show(text.hidden))
  const show = open => {
    text.hidden = !open
    see.textContent = open ? "Hide code" : "Show code"
    see.setAttribute("aria-expanded", String(open))
  }
  const select = () => window.getSelection().selectAllChildren(text)
  const copied = async () => {
    try {
      await navigator.clipboard.writeText(model.code)
      return true
    } catch {  // not allowed, or a page that is not served from this machine or by https
      const area = made("textarea", null, {value: model.code, readOnly: true})
      area.style.cssText = "position: fixed; left: -9999px"
      document.body.append(area)
      area.select()
      const done = document.execCommand("copy")
      area.remove()
      return done
    }
  }
  const saves = (label, asked) => {
    const one = button(label, () => {
      one.disabled = true
      said.textContent = asked.figure ? "Drawing ..." : "Computing ..."
      model.send_msg(asked)
    })
    return one
  }
  const files = {}, figures = made("span", null, {className: "forms"})
  if (model.forms.length) {
    const open = button("Save figures", () => unfold(figures.hidden))
    const unfold = shown => {
      figures.hidden = !shown
      open.setAttribute("aria-expanded", String(shown))
    }
    for (const form of model.forms) {
      files[form] = saves(form.toUpperCase(), {figure: form})
      files[form].setAttribute("aria-label", "Figures as " + form.toUpperCase())
      figures.append(files[form])
    }
    row.append(figures)
    unfold(false)
  }
  model.files.forEach((label, number) => { files[number] = saves(label, {file: number}) })
  row.append(said)
  el.append(made("style", STYLE), row, text)
  show(false)
  const write = () => { text.textContent = model.code }
  model.on("code", write)
  write()
  model.on("msg:custom", ({file, figure, name, content, failed}) => {
    const pressed = files[figure ?? file]
    if (!pressed) return
    pressed.disabled = false
    said.textContent = failed ? "This did not work; the notice says why." : "Saved as " + name
    if (failed) return
    const bytes = Uint8Array.from(atob(content), one => one.charCodeAt(0))
    const link = made("a", null, {download: name, href: URL.createObjectURL(new Blob([bytes]))})
    link.click()
    setTimeout(() => URL.revokeObjectURL(link.href), 1000)
  })
}
