"use strict";
(() => {
  const form = document.getElementById("form");
  const errors = document.getElementById("errors");
  const items = JSON.parse(document.getElementById("rules").textContent);
  const partOf = (n, row, m) => document.getElementById(row === null ? `i${n}` : `i${n}-${m}`);

  // -- what an answer is: the same as in answers.py ---------------------------------------------

  const BLANK = /^[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]*$/;
  const without = (status) => ({ status, codes: [] });
  const answered = (value) => ({ status: "answered", codes: [], ...value });
  const invalid = without("invalid");
  const within = ({ least, most }, size) => (least === null || size >= least) && (most === null || size <= most);

  const rating = ({ scale: [low, step, count] }, text) => {
    const position = (Number(text) - low) / step;
    const place = Math.round(position);
    const fits = 0 <= place && place < count && Math.abs(position - place) <= 1e-9 * count;
    return fits ? answered({ number: low + place * step }) : invalid;
  };
  const number = (item, text) => {
    const found = Number(text);
    const fits = Number.isFinite(found) && (!item.whole || Number.isInteger(found)) && within(item, found);
    return fits ? answered({ number: found }) : invalid;
  };
  const choice = (item, code) => (item.codes.includes(code) ? answered({ codes: [code] }) : invalid);
  const several = (item, codes) => {
    const known = codes.every((code) => item.codes.includes(code)) && new Set(codes).size === codes.length;
    const together = codes.length < 2 || !codes.some((code) => item.alone.includes(code));
    return known && together && within(item, codes.length) ? answered({ codes }) : invalid;
  };
  const ranking = (item, said) => {
    const order = [...said].sort((a, b) => Number(a.value) - Number(b.value));
    const placed = order.every((control, n) => control.value === `${n + 1}`);
    return placed ? several(item, order.map((control) => control.dataset.code)) : invalid;
  };
  const day = (_, text) => (/^\d{4}-\d\d-\d\d$/.test(text) ? answered({ day: text }) : invalid);
  const text = (item, said) => (within(item, [...said].length) ? answered({ text: said }) : invalid);
  const READ = { number, date: day, text };

  const read = (item, part) => {
    const controls = [...part.querySelectorAll("[name]")];
    if (controls.some((control) => control.validity.badInput)) return invalid;
    const chosen = controls.filter((control) => control.checked || !["radio", "checkbox"].includes(control.type));
    const said = chosen.filter((control) => !BLANK.test(control.value));
    if (!said.length) return without("missing");
    const values = said.map((control) => control.value);
    if (values.length === 1 && item.apart.includes(values[0])) return without(values[0]);
    if (item.kind === "ranking") return ranking(item, said);
    if (item.kind === "multiple") return several(item, values);
    return values.length > 1 ? invalid : (item.scale ? rating : READ[item.kind] ?? choice)(item, values[0]);
  };

  // -- when an item is shown: the same as in logic.py -------------------------------------------

  const near = (a, b) => Math.abs(a - b) <= Math.max(1e-9 * Math.max(Math.abs(a), Math.abs(b)), 1e-9);
  const order = (answer, value) => {
    if (answer.number !== undefined && typeof value === "number")
      return near(answer.number, value) ? 0 : answer.number > value ? 1 : -1;
    const there = answer.day ?? answer.codes[0];
    if (there === undefined || typeof value !== "string") return null;
    return there > value ? 1 : there < value ? -1 : 0;
  };
  const TESTS = {
    is: (answer, value) => answer.status === value,
    equals: (answer, value) => order(answer, value) === 0,
    one_of: (answer, values) => values.some((value) => order(answer, value) === 0),
    below: (answer, value) => order(answer, value) === -1,
    at_most: (answer, value) => [-1, 0].includes(order(answer, value)),
    at_least: (answer, value) => [0, 1].includes(order(answer, value)),
    above: (answer, value) => order(answer, value) === 1,
    includes: (answer, value) => answer.codes.includes(value),
  };
  const holds = (condition, answers) => {
    if (condition.all) return condition.all.every((part) => holds(part, answers));
    if (condition.any) return condition.any.some((part) => holds(part, answers));
    if (condition.not) return !holds(condition.not, answers);
    if (condition.item === undefined) return true;
    const answer = answers.get(condition.row === undefined ? condition.item : `${condition.item}/${condition.row}`);
    const test = Object.keys(TESTS).find((name) => name in condition);
    return answer !== undefined && TESTS[test](answer, condition[test]);
  };

  // -- what is seen -----------------------------------------------------------------------------

  const update = () => {
    const answers = new Map();
    const found = new Map();
    items.forEach((item, n) => {
      const shown = holds(item.if, answers);
      const box = document.getElementById(`i${n}`);
      box.hidden = !shown;
      for (const control of box.querySelectorAll("[name]")) control.disabled = !shown; // it is not posted then
      item.parts.forEach((row, m) => {
        const part = partOf(n, row, m);
        const answer = shown ? read(item, part) : without("not_shown");
        answers.set(row === null ? item.id : `${item.id}/${row}`, answer);
        if (answer.status === "invalid") found.set(part, "invalid");
        if (answer.status === "missing" && item.required) found.set(part, "missing");
      });
    });
    return found;
  };

  const set = (element, name, value) => (value ? element.setAttribute(name, value) : element.removeAttribute(name));
  const mark = (part, wrong) => {
    part.classList.toggle("wrong", wrong !== undefined);
    for (const kind of ["missing", "invalid"]) document.getElementById(`${part.id}-${kind}`).hidden = kind !== wrong;
    const controls = [...part.querySelectorAll("[name]")];
    for (const control of controls) set(control, "aria-invalid", wrong && "true");
    const described = part.matches("fieldset") ? part : controls[0];
    const ids = (described.getAttribute("aria-describedby") ?? "").split(" ");
    const hints = ids.filter((id) => id.endsWith("-about"));
    set(described, "aria-describedby", [...hints, ...(wrong ? [`${part.id}-${wrong}`] : [])].join(" "));
  };

  const show = (found) => {
    items.forEach((item, n) => item.parts.forEach((row, m) => mark(partOf(n, row, m), found.get(partOf(n, row, m)))));
    const list = errors.querySelector("ul");
    list.replaceChildren();
    for (const [part] of found) {
      const link = document.createElement("a");
      link.href = `#${part.id}`;
      for (const node of part.querySelector("legend, label").childNodes) link.append(node.cloneNode(true));
      link.addEventListener("click", (event) => {
        event.preventDefault();
        part.querySelector("[name]").focus();
      });
      list.append(document.createElement("li"));
      list.lastChild.append(link);
    }
    errors.hidden = !found.size;
  };

  // -- what happens -----------------------------------------------------------------------------

  let tried = !errors.hidden; // it was refused by the server
  const refresh = () => (tried ? show(update()) : update());

  form.addEventListener("input", ({ target }) => {
    const part = target.closest(".part");
    if (part && (target.type === "checkbox" ? target.checked : !BLANK.test(target.value)))
      for (const other of part.querySelectorAll("[name]"))
        if (other !== target && ("alone" in target.dataset || "alone" in other.dataset))
          other.type === "checkbox" ? (other.checked = false) : (other.value = "");
    refresh();
  });
  form.addEventListener("submit", (event) => {
    const found = update();
    tried = true;
    show(found);
    if (!found.size) return;
    event.preventDefault();
    errors.focus();
  });

  const speak = () => {
    const chosen = form.querySelector("[name=language]:checked");
    if (chosen) document.documentElement.lang = chosen.value;
    document.title = document.querySelector("h1").innerText;
  };
  form.addEventListener("change", ({ target }) => target.name === "language" && speak());
  addEventListener("pageshow", () => (speak(), refresh())); // a browser that goes back restores what was chosen

  form.noValidate = true;
  document.documentElement.classList.add("js");
  speak();
  refresh();
})();
