"""How does a visitor's file come to the page? Dropped anywhere on it or chosen, and sent in small pieces."""

from __future__ import annotations

import base64
import binascii
import logging
from collections.abc import Awaitable, Callable

import param
from panel.custom import JSComponent

from jetexplore.errors import InputError

log = logging.getLogger(__name__)
PIECE = 1 << 19  # bytes; a websocket takes messages of 20 MiB, and everyone's other messages wait for one


class Drop(JSComponent):
    """A place to drop a file on, which also takes what is dropped elsewhere on the page.

    Parameters
    ----------
    take : callable
        Coroutine function of name and content; gives the sentence that is shown, raises `InputError` to refuse.
    most : int
        Bytes of a file.

    Examples
    --------
    >>> Drop(None, 16 << 20).piece < 1 << 20
    True
    """

    most = param.Integer(default=0, doc="bytes of a file")
    piece = param.Integer(default=PIECE, doc="bytes that are sent at a time")

    _esm = """
    const STYLE = `
    .takes {border: 2px dashed rgba(128,128,140,.8); border-radius: 8px; padding: 14px 16px; font-size: 14px;
           line-height: 1.5; text-align: center}
    .over {background: rgba(128,128,140,.2); border-style: solid}
    input {font: inherit; color: inherit; max-width: 100%; margin-top: 6px}
    .said {min-height: 1.4em; margin-top: 4px; overflow-wrap: anywhere}
    `
    export function render({model, el}) {
      const made = (tag, text, more = {}) => Object.assign(document.createElement(tag), {textContent: text}, more)
      const box = made("div", "", {className: "takes"}), said = made("div", "", {className: "said"})
      const label = made("label", "Drop a file of jets anywhere on this page, or choose one: ")
      const input = made("input", "", {type: "file", accept: ".h5,.hdf5,.hdf,.npz,.parquet,.pq,.root"})
      said.setAttribute("role", "status")
      label.append(input)
      box.append(label, said)
      el.append(made("style", STYLE), box)
      let sending = null
      const say = text => { said.textContent = text }
      const begin = file => {
        if (!file || sending) return
        if (file.size > model.most) {
          say(`${file.name} has ${(file.size / 1048576).toFixed(1)} MiB; a page takes ` +
              `${Math.round(model.most / 1048576)} MiB. For larger files: jetexplore explore FILE`)
          return
        }
        sending = {file, at: 0}
        say(`Sending ${file.name} ...`)
        model.send_msg({name: file.name, size: file.size})
      }
      const piece = () => {
        const {file, at} = sending, reader = new FileReader()
        reader.onload = () => {
          const text = reader.result.slice(reader.result.indexOf(",") + 1)
          model.send_msg({at, piece: file.size ? text : ""})
        }
        reader.onerror = () => { say(`${file.name} could not be read.`); sending = null }
        reader.readAsDataURL(file.slice(at, at + model.piece))
      }
      model.on("msg:custom", ({next, done, failed}) => {
        if (!sending) return
        if (next !== undefined) {
          sending.at = next
          say(`Sending ${sending.file.name}: ${Math.round(100 * next / Math.max(sending.file.size, 1))} %`)
          if (next < sending.file.size || next === 0) piece()
          else say(`Reading ${sending.file.name} ...`)
        } else {
          say(done || failed)
          sending = null
          input.value = ""
        }
      })
      input.addEventListener("change", () => begin(input.files[0]))
      const has = event => event.dataTransfer && [...event.dataTransfer.types].includes("Files")
      const over = event => { if (has(event)) { event.preventDefault(); box.classList.add("over") } }
      const leave = () => box.classList.remove("over")
      const drop = event => {
        leave()
        if (has(event)) { event.preventDefault(); begin(event.dataTransfer.files[0]) }
      }
      window.addEventListener("dragover", over)
      window.addEventListener("dragleave", leave)
      window.addEventListener("drop", drop)
      model.on("remove", () => {
        window.removeEventListener("dragover", over)
        window.removeEventListener("dragleave", leave)
        window.removeEventListener("drop", drop)
      })
    }
    """

    def __init__(self, take: Callable[[str, bytes], Awaitable[str]], most: int) -> None:
        super().__init__(most=most, sizing_mode="stretch_width", margin=(6, 10))
        self._take, self._name, self._size, self._content = take, "", 0, None

    def _handle_msg(self, data: object) -> None:
        """Take the next piece; whoever sends anything else is not answered."""
        if not isinstance(data, dict):
            return
        name, size = data.get("name"), data.get("size")
        if isinstance(name, str) and type(size) is int and 0 < len(name) <= 300:
            if not 0 < size <= self.most:
                what = "is empty" if size == 0 else "is too large"
                self._send_msg({"failed": f"{name} {what}; a page takes up to {self.most >> 20} MiB."})
                return
            self._name, self._size, self._content = name, size, bytearray()
            self._send_msg({"next": 0})
        elif self._content is not None and data.get("at") == len(self._content):
            self._append(data.get("piece"))

    def _append(self, text: object) -> None:
        try:
            piece = base64.b64decode(text, validate=True)
        except (binascii.Error, TypeError, ValueError):
            piece = b""
        if not piece or len(piece) > self.piece or len(self._content) + len(piece) > self._size:
            self._content = None
            self._send_msg({"failed": "The file did not come whole; please try again."})
            return
        self._content += piece
        self._send_msg({"next": len(self._content)})
        if len(self._content) == self._size:
            content, self._content = bytes(self._content), None
            param.parameterized.async_executor(lambda: self._finish(self._name, content))

    async def _finish(self, name: str, content: bytes) -> None:
        try:
            answer = {"done": await self._take(name, content)}
        except InputError as error:
            answer = {"failed": f"This file cannot be used: {error}"}
        except Exception:
            log.exception("a dropped file could not be read")
            answer = {"failed": "This file could not be read. The server's log has the details."}
        self._send_msg(answer)
