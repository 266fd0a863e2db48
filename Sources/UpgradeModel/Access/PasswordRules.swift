/// Which passwords will do: long ones that nobody tries first.
package enum PasswordRules {
    /// Characters that a password has at least and at most.
    package static let lengths = 12...256

    /// Why a password will not do.
    package enum Objection: Sendable, Hashable, CaseIterable {
        case tooShort, tooLong, published, common

        /// The same as a sentence.
        package var words: String {
            switch self {
            case .tooShort: "A password has at least \(lengths.lowerBound) characters."
            case .tooLong: "A password has at most \(lengths.upperBound) characters."
            case .published:
                "The password is one of those that were stolen somewhere and published, which are tried first. Once in "
                    + "some 300 times one that was not is taken for one; choose another then, too."
            case .common:
                "The password is one of those that are tried first: it is made of common words, names, years, rows of "
                    + "keys or repetitions. Four or five random words make a good one."
            }
        }
    }

    /// Pieces below which a password can be guessed: each character is one, and so is each word, year, row or repetition.
    static let fewestPieces = 6

    /// Why a password will not do for an account; nil where it will. `isPublished` says whether one is known to have
    /// been published; it is asked for passwords that are neither too short nor too long.
    package static func objection(
        to password: String,
        of name: AccountName,
        isPublished: (String) -> Bool
    ) -> Objection? {
        guard password.count >= lengths.lowerBound else { return .tooShort }
        guard password.count <= lengths.upperBound else { return .tooLong }
        if isPublished(password) { return .published }
        let small = password.lowercased()
        let words = Self.words + name.text.split { ".-_@".contains($0) }.map(String.init).filter { $0.count >= 3 }
        let isGuessable = pieces(Array(small), words) < fewestPieces || Set(small).count < 5
        return isGuessable ? .common : nil
    }

    /// The fewest pieces that a password can be made of.
    static func pieces(_ text: [Character], _ words: [String]) -> Int {
        if let unit = period(of: text) { return pieces(Array(text[..<unit]), words) + 1 }
        let plain = text.map { lookalikes[$0] ?? $0 }
        let words = words.map(Array.init)
        // From each place to the end, the last place first.
        var fewest = Array(repeating: 0, count: text.count + 1)
        for start in text.indices.reversed() {
            var best = fewest[start + 1]
            for word in words where text[start...].starts(with: word) || plain[start...].starts(with: word) {
                best = min(best, fewest[start + word.count])
            }
            best = min(best, fewest[start + year(text[start...])])
            let longest = max(row(text[start...]), same(text[start...]))
            if longest >= 3 { best = min(best, fewest[(start + 3)...(start + longest)].min() ?? best) }
            fewest[start] = best + 1
        }
        return fewest[0]
    }

    /// The length of what a text repeats from its beginning to its end; nil where it repeats nothing.
    private static func period(of text: [Character]) -> Int? {
        guard text.count >= 2 else { return nil }
        return (1...(text.count / 2)).first { unit in
            text.indices.dropFirst(unit).allSatisfy { text[$0] == text[$0 - unit] }
        }
    }

    private static func year(_ text: ArraySlice<Character>) -> Int {
        let digits = String(text.prefix(4))
        return digits.count == 4 && Int(digits).map { (1900...2099).contains($0) } == true ? 4 : 1
    }

    private static func same(_ text: ArraySlice<Character>) -> Int {
        let length = text.prefix { $0 == text.first }.count
        return length >= 3 ? length : 1
    }

    /// The length of a row of keys, letters or digits that a text begins with, in either direction.
    private static func row(_ text: ArraySlice<Character>) -> Int {
        let lengths = rows.flatMap { row in
            row.indices.filter { row[$0] == text.first }.map { start in
                zip(text, row[start...]).prefix { $0 == $1 }.count
            }
        }
        let longest = lengths.max() ?? 1
        return longest >= 3 ? longest : 1
    }

    private static let rows: [[Character]] = [
        "abcdefghijklmnopqrstuvwxyz", "01234567890", "qwertyuiop[]", "asdfghjkl;'", "zxcvbnm,./", "qwertzuiop",
        "yxcvbnm",
        "azertyuiop", "qsdfghjklm", "wxcvbn", "!@#$%^&*()_+", "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik,9ol.0p;/",
        "qazwsxedcrfvtgbyhnujmikolp", "1q2w3e4r5t6y7u8i9o0p", "q1w2e3r4t5y6u7i8o9p0", "qweasdzxc", "qweasdyxc",
    ].flatMap { [Array($0), Array($0.reversed())] }

    private static let lookalikes: [Character: Character] = [
        "0": "o", "1": "i", "3": "e", "4": "a", "5": "s", "7": "t", "8": "b", "@": "a", "$": "s", "!": "i", "€": "e",
    ]

    /// Words that passwords of many people are made of, and those that stand near this console.
    static let words = """
        access admin administrator adm1n amazon andrew angel anthony apple april ashley august austin autumn azerty banana
        bailey baseball basketball batman biteme buster carto change changeme charlie cheese chelsea chicken chocolate
        christian coffee company computer console contrasena contraseña cookie cowboy daniel database december default demo
        diamond docker dragon eagle england enter facebook family february fluffy flower football forever freedom friday
        friends ginger google guest hammer hannah happy harley hello helpme hockey hunter iceman iloveyou internet jackson
        january jasmine jennifer jessica jesus jordan joseph joshua july june junior justin killer knight kubernetes letmein
        liverpool login london love lovely maggie manager march marina martin master matrix matthew merlin michael michelle
        monday money monkey motdepasse mustang mypassword nicole ninja november october office oracle orange pass passe
        passwd passwort password patrick pawl peanut pepper please postgres prince princess private purple qwert qwerty qwertz
        ranger root samantha samsung saturday school secret secure security selfhosted september server shadow silver snoopy
        soccer sparky spring starwars steelers summer sunday sunshine super superman support sysadmin system taylor temp
        temporary test thomas thunder thursday tigger trustno1 tuesday upgrade user welcome whatever william windows winter
        wednesday yankees yellow zaq1
        """.split { $0 == " " || $0 == "\n" }.map(String.init)
}
