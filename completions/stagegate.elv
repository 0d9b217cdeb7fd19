
set edit:completion:arg-completer[stagegate] = { |@words|
    var index = (count $words)
    set index = (- $index 1)

    put (env _CLAP_IFS="\n" _CLAP_COMPLETE_INDEX=(to-string $index) STAGEGATE_COMPLETE="elvish" stagegate -- $@words) | to-lines
}

