use std::path::PathBuf;

use super::*;

fn folder(files: &[(&str, &[u8])]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        std::fs::write(folder.path().join(name), bytes).unwrap();
    }
    folder
}

fn read(paths: &[PathBuf]) -> Result<Vec<TemplateInput>, Vec<Diagnostic>> {
    read_inputs(paths, &mut "Type: T".as_bytes())
}

#[test]
fn folders_are_read_in_order_without_other_files() {
    let folder = folder(&[
        ("b.yaml", b"1"),
        ("a.json", b"2"),
        ("c.YML", b"3"),
        ("readme.md", b"x"),
        (".hidden.yaml", b"x"),
        ("stagegate.yaml", b"x"),
    ]);
    let inputs = read(&[folder.path().to_owned(), PathBuf::from("-")]).unwrap();
    let texts: Vec<&str> = inputs.iter().map(|input| input.text.as_str()).collect();
    assert_eq!(texts, ["2", "1", "3", "Type: T"]);
    assert!(inputs[0].file.ends_with("a.json"));
    assert_eq!(inputs[3].file, "-");
}

#[test]
fn every_bad_path_is_reported() {
    let empty = folder(&[]);
    let bad = folder(&[("latin.yaml", b"\xe9\n")]);
    let missing = bad.path().join("x.yaml");
    let paths = [empty.path().to_owned(), bad.path().to_owned(), "-".into(), "-".into(), missing];
    let list = read(&paths).unwrap_err();
    let codes: Vec<&str> = list.iter().map(|problem| problem.code.as_str()).collect();
    assert_eq!(codes, ["no-templates", "not-utf8", "stdin-twice", "file-not-found"]);
    assert!(list.iter().all(|problem| problem.hint.is_some()));
}
