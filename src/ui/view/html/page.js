(() => {
  "use strict";
  const folded = (text) => text.toLocaleLowerCase();
  const order = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });
  for (const section of document.querySelectorAll("section.rows")) {
    const body = section.querySelector("table").tBodies[0];
    const rows = [...body.rows];
    const texts = rows.map((row) => folded(row.textContent));
    const words = section.querySelector("input");
    const group = section.querySelector("select");
    const filter = () => {
      const wanted = folded(words.value).split(" ").filter((word) => word !== "");
      let shown = 0;
      rows.forEach((row, at) => {
        const isOfGroup = group === null || group.value === "" || group.value === row.dataset.group;
        row.hidden = !(isOfGroup && wanted.every((word) => texts[at].includes(word)));
        shown += row.hidden ? 0 : 1;
      });
      const all = rows.length === 1 ? "1 row" : `${rows.length} rows`;
      section.querySelector("output").textContent = shown === rows.length ? all : `${shown} of ${all}`;
      section.querySelector(".none").hidden = shown !== 0;
    };
    words.addEventListener("input", filter);
    group?.addEventListener("change", filter);
    const heads = [...section.querySelector("thead").rows[0].cells];
    heads.forEach((head, column) => {
      head.querySelector("button").addEventListener("click", () => {
        const isDown = head.getAttribute("aria-sort") === "ascending";
        heads.forEach((other) => other.removeAttribute("aria-sort"));
        head.setAttribute("aria-sort", isDown ? "descending" : "ascending");
        const key = (row) => row.cells[column].dataset.sort ?? row.cells[column].textContent.trim();
        const sorted = rows.map((row, at) => ({ row, at, key: key(row) }));
        sorted.sort((one, other) => (isDown ? -1 : 1) * order.compare(one.key, other.key) || one.at - other.at);
        body.append(...sorted.map(({ row }) => row));
      });
    });
    section.querySelector(".tools").hidden = false;
    filter();
  }
})();
