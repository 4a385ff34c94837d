/* The registry's table, made handy: sort, search, filter, choose columns, copy, open a row. Without it the table can
   still be read, and each person's history stands below it. It requests nothing and stores nothing. */
(() => {
  "use strict";
  const page = document.documentElement;
  page.classList.add("js");
  const order = new Intl.Collator(page.lang, { numeric: true, sensitivity: "base" });
  const fold = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  const valueOf = (cell) => (cell.dataset.v ?? cell.textContent).trim();

  /* A spreadsheet takes what begins with these for a formula, also when it is pasted. A phone number is none. */
  const harmless = (text) => {
    const flat = text.replace(/[\t\r\n]+/g, " ").trim();
    return /^[=+\-@\uFF1D\uFF0B\uFF0D\uFF20]/.test(flat) && !/^\+[0-9][0-9\s\u00A0-]*$/.test(flat) ? "'" + flat : flat;
  };

  const copy = async (text) => {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      const area = document.createElement("textarea");
      area.value = text;
      document.body.append(area);
      area.select();
      const done = document.execCommand("copy");
      area.remove();
      return done;
    }
  };

  const setUp = (section) => {
    const table = section.querySelector("table.people");
    if (!table) return;
    const form = section.querySelector("form.tools");
    const search = form.querySelector("input[type=search]");
    const selects = [...form.querySelectorAll("select")];
    const boxes = [...form.querySelectorAll("input[data-column]")];
    const status = section.querySelector(".status");
    const heads = [...table.tHead.rows[0].cells];
    const body = table.tBodies[0];
    const rows = [...body.rows];
    const words = new Map(rows.map((row) => [row, fold([...row.cells].map((c) => c.textContent).join(" "))]));
    const opened = new Map();
    const shown = () => rows.filter((row) => !row.hidden);
    const visible = () => heads.map((_, i) => i).filter((i) => !heads[i].hidden);
    form.hidden = false;

    const tell = () => {
      status.textContent = status.dataset.shown.replace("{n}", shown().length).replace("{all}", rows.length);
    };

    const filter = () => {
      const terms = fold(search.value).split(/\s+/).filter(Boolean);
      for (const row of rows) {
        const fits = selects.every((s) => !s.value || (row.dataset[s.dataset.key] ?? "").split(" ").includes(s.value));
        row.hidden = !fits || !terms.every((t) => words.get(row).includes(t));
        if (opened.has(row)) opened.get(row).hidden = row.hidden;
      }
      tell();
    };

    const columns = () => {
      for (const box of boxes) {
        const i = Number(box.dataset.column);
        heads[i].hidden = !box.checked;
        for (const row of rows) row.cells[i].hidden = !box.checked;
      }
      for (const detail of opened.values()) detail.cells[0].colSpan = visible().length;
    };

    const usual = () => {
      const wide = matchMedia("(min-width: 54.01rem)").matches;
      for (const box of boxes) {
        const when = heads[Number(box.dataset.column)].dataset.default;
        box.checked = when === "always" || (wide && when === "wide");
      }
      columns();
    };

    const sort = (i) => {
      const up = heads[i].getAttribute("aria-sort") !== "ascending";
      const numbers = heads[i].dataset.kind === "number";
      for (const head of heads) head.removeAttribute("aria-sort");
      heads[i].setAttribute("aria-sort", up ? "ascending" : "descending");
      const keyed = rows.map((row) => [valueOf(row.cells[i]), row]);
      keyed.sort(([a], [b]) => {
        if (!a || !b) return (a ? 0 : 1) - (b ? 0 : 1); /* what is not known comes last, both ways */
        return (numbers ? Number(a) - Number(b) : order.compare(a, b)) * (up ? 1 : -1);
      });
      rows.splice(0, rows.length, ...keyed.map(([, row]) => row));
      body.append(...rows.flatMap((row) => (opened.has(row) ? [row, opened.get(row)] : [row])));
    };

    const toggle = (row, open = !opened.has(row)) => {
      const link = row.cells[0].querySelector("a");
      if (open && !opened.has(row)) {
        const story = document.getElementById(row.dataset.person).querySelector(".story");
        const detail = document.createElement("tr");
        const cell = detail.insertCell();
        detail.className = "detail";
        cell.colSpan = visible().length;
        cell.append(story);
        row.after(detail);
        opened.set(row, detail);
      } else if (!open && opened.has(row)) {
        const detail = opened.get(row);
        document.getElementById(row.dataset.person).append(detail.querySelector(".story"));
        detail.remove();
        opened.delete(row);
      }
      row.classList.toggle("open", opened.has(row));
      link.setAttribute("aria-expanded", String(opened.has(row)));
    };

    const asText = () => {
      const wanted = visible();
      const line = (cells) => wanted.map((i) => harmless(cells[i].textContent)).join("\t");
      return [line(heads), ...shown().map((row) => line([...row.cells]))].join("\n");
    };

    const addresses = () => {
      const i = heads.findIndex((head) => head.dataset.key === "email");
      return [...new Set(shown().map((row) => valueOf(row.cells[i])).filter(Boolean))].join("; ");
    };

    heads.forEach((head, i) => {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...head.childNodes);
      button.addEventListener("click", () => sort(i));
      head.append(button);
    });
    for (const row of rows) {
      row.cells[0].querySelector("a").setAttribute("aria-expanded", "false");
      row.addEventListener("click", (event) => {
        const link = event.target.closest("a");
        if (link && link.parentElement !== row.cells[0]) return;
        if (!link && String(getSelection())) return;
        event.preventDefault();
        toggle(row);
        const box = table.parentElement.getBoundingClientRect();
        const foot = opened.get(row)?.getBoundingClientRect().bottom ?? 0;
        if (foot > Math.min(box.bottom, innerHeight)) row.scrollIntoView({ block: "start" });
      });
    }
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("input", (event) => (event.target.matches("[data-column]") ? columns() : filter()));
    form.addEventListener("reset", () => setTimeout(() => { usual(); filter(); }));
    form.addEventListener("click", async (event) => {
      const what = event.target.dataset.do;
      if (!what) return;
      const done = await copy(what === "copy" ? asText() : addresses());
      status.textContent = done ? status.dataset.copied : status.dataset.failed;
    });
    const choose = form.querySelector(".choose");
    choose.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      choose.open = false;
      choose.querySelector("summary").focus();
    });
    document.addEventListener("click", (event) => {
      if (!choose.contains(event.target)) choose.open = false;
    });

    const only = (wanted) => {
      form.querySelectorAll("input[type=search]").forEach((input) => { input.value = ""; });
      for (const select of selects) select.value = "";
      for (const pair of wanted.split(" ").filter(Boolean)) {
        const [key, value] = pair.split("=");
        const select = selects.find((s) => s.dataset.key === key);
        if (select) select.value = value;
      }
      filter();
    };
    const show = (name) => {
      const row = rows.find((r) => r.dataset.person === name);
      if (!row) return;
      if (row.hidden) only("");
      toggle(row, true);
      row.scrollIntoView({ block: "start" });
      row.cells[0].querySelector("a").focus({ preventScroll: true });
    };
    usual();
    filter();
    return { id: section.id, only, show };
  };

  const tables = [...document.querySelectorAll(".registry")].map(setUp).filter(Boolean);
  const show = (hash) => /^#p\d+$/.test(hash) && tables.forEach((t) => t.show(hash.slice(1)));
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[href^='#']");
    if (!link || event.defaultPrevented) return;
    const hash = link.getAttribute("href");
    if (link.dataset.filter) tables.find((t) => "#" + t.id === hash)?.only(link.dataset.filter);
    if (/^#p\d+$/.test(hash)) {
      event.preventDefault();
      show(hash);
    }
  });
  addEventListener("hashchange", () => show(location.hash));
  show(location.hash);
})();
