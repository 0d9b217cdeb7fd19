"""Opens HTML pages in a headless browser, and insists on what every page must do.

    pages.py BROWSER FOLDER [SCREENSHOTS]

FOLDER has the pages. Prints a JSON object with what was found on each page. One browser is started for all of them.
"""

import json
import pathlib
import sys

from playwright.sync_api import sync_playwright

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]
WIDTHS = (1280, 390)

# The keys of the rows that are shown, in their order, by the column of a table.
KEYS = """(table, column) => [...table.tBodies[0].rows].filter(row => !row.hidden)
    .map(row => row.cells[column].dataset.sort ?? row.cells[column].textContent.trim())"""
SORTED = """([keys, down]) => {
    const order = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });
    return keys.every((key, at) => at === 0 || (down ? -1 : 1) * order.compare(keys[at - 1], key) <= 0);
}"""


def watched(page, file, problems):
    page.on("console", lambda said: problems.append(f"console {said.type}: {said.text}"))
    page.on("pageerror", lambda error: problems.append(f"error: {error}"))
    page.on("dialog", lambda dialog: (problems.append(f"dialog: {dialog.message}"), dialog.dismiss()))

    def requested(request):
        if request.url != file.as_uri():
            problems.append(f"request: {request.url}")

    page.on("request", requested)
    page.goto(file.as_uri())


def shown(section):
    return section.locator("tbody tr:visible").count()


def sorts(page, section, name, problems):
    table = section.locator("table").element_handle()
    for column, head in enumerate(section.locator("th").all()):
        for direction in ("ascending", "descending"):
            head.locator("button").click()
            if head.get_attribute("aria-sort") != direction:
                problems.append(f"{name}: column {column} is not {direction}")
            keys = page.evaluate(f"([table, column]) => ({KEYS})(table, column)", [table, column])
            if not page.evaluate(SORTED, [keys, direction == "descending"]):
                problems.append(f"{name}: column {column} is not sorted: {keys}")
        marked = section.locator("th[aria-sort]").count()
        if marked != 1:
            problems.append(f"{name}: {marked} columns are marked as sorted")


def filters(section, name, problems):
    rows = shown(section)
    box = section.get_by_role("searchbox")
    # The longest word of the last row.
    text = section.locator("tbody tr").last.inner_text()
    word = max(text.split(), key=len)
    box.fill(word.upper())
    found = section.locator("tbody tr:visible")
    kept = found.count()
    if not 1 <= kept <= rows or any(word.lower() not in row.text_content().lower() for row in found.all()):
        problems.append(f"{name}: the filter `{word}` shows {kept} of {rows} rows")
    said = section.locator("output").inner_text()
    everything = "1 row" if rows == 1 else f"{rows} rows"
    expected = everything if kept == rows else f"{kept} of {everything}"
    if said != expected:
        problems.append(f"{name}: {said} instead of {expected}")
    box.fill("no row has this")
    if shown(section) or not section.locator(".none").is_visible():
        problems.append(f"{name}: a filter without matches shows rows, or does not say so")
    box.fill("")
    choice = section.locator("select")
    if choice.count():
        groups = [option.get_attribute("value") for option in choice.locator("option").all()][1:]
        of_groups = 0
        for group in groups:
            choice.select_option(group)
            of_groups += shown(section)
            if shown(section) == 0:
                problems.append(f"{name}: the group {group} has no rows")
        if of_groups != rows:
            problems.append(f"{name}: the groups have {of_groups} of {rows} rows")
        choice.select_option("")
    if shown(section) != rows or section.locator(".none").is_visible():
        problems.append(f"{name}: rows are missing without a filter")


def fits(page, name, problems):
    page.wait_for_timeout(0)
    wide = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
    if wide[0] > wide[1]:
        problems.append(f"{name}: {wide[0]} pixels in a window of {wide[1]}")


def inspect(browser, file, screenshots):
    problems, facts = [], {}
    context = browser.new_context(viewport={"width": WIDTHS[0], "height": 900}, offline=True, color_scheme="light")
    page = context.new_page()
    watched(page, file, problems)
    facts["title"] = page.title()
    facts["tables"] = {}
    for section in page.locator("section.rows").all():
        name = section.locator("h2").inner_text()
        facts["tables"][name] = shown(section)
        filters(section, name, problems)
        sorts(page, section, name, problems)
    page.reload()
    # What a page shows is text: nothing in it became an element.
    facts["elements"] = page.evaluate("[...new Set([...document.querySelectorAll('*')].map(one => one.localName))].sort()")
    facts["scripts"] = page.locator("script").count()
    facts["charts"] = page.locator("svg").count()
    facts["text"] = page.locator("body").inner_text()
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        fits(page, f"{width} pixels", problems)
        if screenshots:
            page.screenshot(path=screenshots / f"{file.stem}-{width}.png", full_page=True)
    page.emulate_media(color_scheme="dark")
    page.set_viewport_size({"width": WIDTHS[0], "height": 900})
    if screenshots:
        page.screenshot(path=screenshots / f"{file.stem}-dark.png", full_page=True)
    page.emulate_media(color_scheme="light", media="print")
    if page.locator(".tools:visible").count():
        problems.append("print: the filters are printed")
    if page.evaluate("getComputedStyle(document.body).backgroundColor") != "rgb(255, 255, 255)":
        problems.append("print: the paper is not white")
    context.close()
    plain = browser.new_context(java_script_enabled=False, offline=True)
    page = plain.new_page()
    page.goto(file.as_uri())
    for section in page.locator("section.rows").all():
        name = section.locator("h2").inner_text()
        if shown(section) != facts["tables"][name] or section.locator(".tools").is_visible():
            problems.append(f"{name}: without scripts rows are missing, or filters are shown")
    plain.close()
    facts["problems"] = problems
    return facts


def main():
    program, folder = sys.argv[1], pathlib.Path(sys.argv[2]).resolve()
    screenshots = pathlib.Path(sys.argv[3]) if len(sys.argv) > 3 else None
    if screenshots:
        screenshots.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, headless=True, args=FLAGS)
        found = {file.stem: inspect(browser, file, screenshots) for file in sorted(folder.glob("*.html"))}
        browser.close()
    print(json.dumps(found))


main()
