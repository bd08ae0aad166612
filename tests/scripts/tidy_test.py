"""Each rule of tidy.py fails on a tree that breaks it, and passes on one that does not."""

import pathlib
import tempfile
import unittest

import tidy

GOOD = {
    "CMakeLists.txt": "project(x)\n",
    "store/db.cc": '#include "rocksdb/db.h"\n#include "store/db.h"\n',
    "store/db.h": '#include "klantbeeld/v1/contact.pb.h"\n',
    "service/wire.cc": '#include "store/db.h"\n#include <grpcpp/grpcpp.h>\n',
    "clients/cli/text.cc": '#include "clients/cli/text.h"\n#include "klantbeeld/v1/contact.grpc.pb.h"\n',
    "tests/store/db_test.cc": "",
    "tests/service/wire_test.cc": "",
    "tests/clients/cli/text_test.cc": "",
    "tests/tests.cmake": "db_test wire_test text_test\n",
}
BAD = {
    "StoreIncludesService": ("include_direction", "store/db.h", '#include "service/wire.h"\n'),
    "StoreIncludesGrpc": ("include_direction", "store/db.h", "#include <grpcpp/grpcpp.h>\n"),
    "StoreIncludesGeneratedService":
        ("include_direction", "store/db.h", '#include "klantbeeld/v1/feed_service.grpc.pb.h"\n'),
    "ClientIncludesStore": ("include_direction", "clients/cli/text.cc", '#include "store/db.h"\n'),
    "ServiceIncludesClient": ("include_direction", "service/wire.cc", '#include "clients/cpp/client.h"\n'),
    "RocksDbOutsideDb": ("include_direction", "service/wire.cc", "#include <rocksdb/db.h>\n"),
    "StreamOperator":
        ("nothing_prints_people", "store/db.h", "std::ostream& operator<<(std::ostream& o, const P& p);\n"),
    "Stringify":
        ("nothing_prints_people", "store/db.h", "template <class S> void AbslStringify(S& s, const P& p);\n"),
    "DebugString": ("nothing_prints_people", "service/wire.cc", "log(event.ShortDebugString());\n"),
    "PastTheLog": ("no_standard_output", "service/wire.cc", "std::cerr << 1;\n"),
    "SleepingTest": ("no_test_sleeps", "tests/store/db_test.cc", "absl::Sleep" "For(absl::Seconds(1));\n"),
    "SourceWithoutTest": ("tests_mirror_sources", "store/new.cc", ""),
    "TestNamesAbsentSource":
        ("tests_mirror_sources", "tests/store/db_test.cc", "// Also tests: store/gone.cc\n"),
    "TestWithoutSource": ("tests_mirror_sources", "tests/store/old_test.cc", ""),
    "TestNotBuilt": ("tests_are_built", "tests/e2e/lost_test.cc", ""),
    "LongFile": ("sizes", "store/db.h", "\n" * 501),
    "LargeFile": ("sizes", "docs/picture.svg", "x" * ((1 << 20) + 1)),
    "LongRootCmake": ("sizes", "CMakeLists.txt", "\n" * 80),
    "StrangeFolder": ("top_level", "misc/x.txt", ""),
    "NoteToSelf": ("nothing_left_behind", "store/db.h", "// TO" "DO later\n"),
}


class TidyTest(unittest.TestCase):
    def found(self, files: dict[str, str]) -> list[str]:
        with tempfile.TemporaryDirectory() as root:
            for name, text in files.items():
                path = pathlib.Path(root, name)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)
            return tidy.faults(pathlib.Path(root))

    def test_good_tree_has_no_faults(self) -> None:
        self.assertEqual(self.found(GOOD), [])

    def test_words_in_comments_and_text_are_no_calls(self) -> None:
        text = '// DebugString() is not for us\nauto s = "std::cout";\n'
        self.assertEqual(self.found({**GOOD, "store/db.h": text}), [])

    def test_a_test_may_cover_further_sources_and_says_so(self) -> None:
        files = {**GOOD, "store/more.cc": "", "tests/store/db_test.cc": "// Also tests: store/more.cc\n"}
        self.assertEqual(self.found(files), [])

    def test_every_rule_fails_on_its_violation(self) -> None:
        for name, (rule, path, text) in BAD.items():
            with self.subTest(name):
                found = self.found({**GOOD, path: text})
                self.assertTrue(any(line.startswith(f"{rule}: {path.split('/')[0]}") for line in found),
                                f"{rule} said nothing about {path}: {found}")

    def test_every_rule_has_a_violation(self) -> None:
        self.assertEqual({rule.__name__ for rule in tidy.RULES}, {rule for rule, _, _ in BAD.values()})


if __name__ == "__main__":
    unittest.main()
